import { messageOf } from '../../../base/coded-error.ts'
import type { Logger } from '../../../base/logger.ts'
import { readMacAddress } from '../../../base/mac-address.ts'
import {
  holdScript,
  localDiskScript,
  sledgehammerScript,
} from '../../../protocol/ipxe/boot-scripts.ts'
import type {
  ScriptClient,
  ScriptDecider,
  ScriptDecision,
} from '../../domain/bootenv/boot-client.ts'
import { BootRequestRefusedError } from './boot-file-errors.ts'
import type { BootFileRequest, BootFileRoute } from './boot-file.ts'
import { bootScriptPath, bootScriptUrl, readFirmwarePlatform } from './boot-script-url.ts'
import { memoryBootFile } from './memory-boot-file.ts'
import { sledgehammerPaths } from './sledgehammer-files.ts'

export interface BootScriptOptions {
  readonly decider: ScriptDecider
  /** Of the provisioning listener, as configured and never as a request claims: `http://10.77.0.1:8090`. */
  readonly baseUrl: string
  readonly logger: Logger
}

/** How long a machine waits when the daemon itself could not decide. */
const secondsAfterFailure = 15

/**
 * Answers `script.ipxe` over HTTP with what this machine shall boot now. A decision that fails becomes
 * a page that asks again, because iPXE would give up on an HTTP error.
 */
export function bootScript(options: BootScriptOptions): BootFileRoute {
  return async (request) => {
    if (request.path !== bootScriptPath || request.transport !== 'http') return undefined
    if (request.probe) {
      throw new BootRequestRefusedError(405, 'a script is made anew for each boot: use GET')
    }
    const client = readScriptClient(request)
    const script = await decideScriptText(options, client)
    return memoryBootFile(Buffer.from(script, 'latin1'), {
      contentType: 'text/plain; charset=us-ascii',
      cacheControl: 'no-store',
    })
  }
}

/** @throws {BootRequestRefusedError} when the query does not say which machine asks */
function readScriptClient({ query, clientAddress }: BootFileRequest): ScriptClient {
  const macAddress = readMacAddress(query.get('mac') ?? '')
  if (macAddress === undefined) throw new BootRequestRefusedError(400, 'mac= is no MAC address')
  const platform = readFirmwarePlatform(query.get('platform') || 'unknown')
  if (platform === undefined) throw new BootRequestRefusedError(400, 'platform= is not known')
  const uuid = (query.get('uuid') ?? '').toLowerCase()
  if (!/^(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})?$/.test(uuid)) {
    throw new BootRequestRefusedError(400, 'uuid= is no UUID')
  }
  const saysNothing = !/[1-9a-f]/.test(uuid)
  return {
    macAddress,
    platform,
    address: clientAddress,
    ...(saysNothing ? {} : { systemUuid: uuid }),
  }
}

async function decideScriptText(options: BootScriptOptions, client: ScriptClient): Promise<string> {
  const { decider, baseUrl, logger } = options
  try {
    return renderDecision(await decider.decideScript(client), client, baseUrl)
  } catch (error) {
    logger.error({ ...client, error: messageOf(error) }, 'no boot script could be made')
    const failure: ScriptDecision = {
      target: 'hold',
      retrySeconds: secondsAfterFailure,
      machineName: client.macAddress,
      because: 'the daemon could not decide what to boot; its log says why',
    }
    return renderDecision(failure, client, baseUrl)
  }
}

function renderDecision(decision: ScriptDecision, client: ScriptClient, baseUrl: string): string {
  switch (decision.target) {
    case 'sledgehammer':
      return sledgehammerScript({
        ...decision,
        kernelUrl: `${baseUrl}/boot/${sledgehammerPaths.kernel}`,
        initramfsUrl: `${baseUrl}/boot/${sledgehammerPaths.initramfs}`,
      })
    case 'hold':
      return holdScript({ ...decision, scriptUrl: bootScriptUrl(baseUrl, client) })
    case 'local-disk':
      break
  }
  return localDiskScript(decision)
}
