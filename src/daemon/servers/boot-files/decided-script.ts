import { messageOf } from '../../../base/coded-error.ts'
import type { Logger } from '../../../base/logger.ts'
import type {
  ScriptClient,
  ScriptDecider,
  ScriptDecision,
} from '../../domain/bootenv/boot-client.ts'
import type { ScriptRenderer } from './render-boot-script.ts'

/** How long a machine waits when the daemon itself could not decide. */
const secondsAfterFailure = 15

/**
 * The script of this boot. A decision that fails becomes a page that asks again, because a loader would
 * give up on an error.
 */
export async function decidedScript(
  { decider, logger }: { readonly decider: ScriptDecider; readonly logger: Logger },
  client: ScriptClient,
  render: ScriptRenderer,
): Promise<string> {
  try {
    return render(await decider.decideScript(client), client)
  } catch (error) {
    logger.error({ ...client, error: messageOf(error) }, 'no boot script could be made')
    const failure: ScriptDecision = {
      target: 'hold',
      retrySeconds: secondsAfterFailure,
      machineName: client.macAddress,
      because: 'the daemon could not decide what to boot; its log says why',
    }
    return render(failure, client)
  }
}
