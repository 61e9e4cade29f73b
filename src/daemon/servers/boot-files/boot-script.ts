import type { Clock } from '../../../base/clock.ts'
import type { Ipv4Address } from '../../../base/ipv4-address.ts'
import type { Logger } from '../../../base/logger.ts'
import type { ScriptDecider } from '../../domain/bootenv/boot-client.ts'
import { BootRequestRefusedError } from './boot-file-errors.ts'
import type { BootFile, BootFileRoute } from './boot-file.ts'
import { bootScriptPaths, readScriptClient } from './boot-script-url.ts'
import { decidedScript } from './decided-script.ts'
import { memoryBootFile } from './memory-boot-file.ts'
import { grubRenderer, grubTftpFiles, ipxeRenderer } from './render-boot-script.ts'
import { RepeatedScripts } from './repeated-scripts.ts'

export interface BootScriptOptions {
  readonly decider: ScriptDecider
  /** Of the provisioning listener, as configured and never as a request claims: `http://10.77.0.1:8090`. */
  readonly baseUrl: string
  /** Who serves TFTP. */
  readonly serverAddress: Ipv4Address
  readonly clock: Clock
  readonly logger: Logger
}

/** Answers `script.ipxe` over HTTP with what this machine shall boot now. */
export function bootScript(options: BootScriptOptions): BootFileRoute {
  const render = ipxeRenderer(options.baseUrl)
  return async (request) => {
    if (request.path !== bootScriptPaths.ipxe || request.transport !== 'http') return undefined
    if (request.probe) {
      throw new BootRequestRefusedError(405, 'a script is made anew for each boot: use GET')
    }
    return scriptFile(await decidedScript(options, readScriptClient(request), render))
  }
}

/** The same for GRUB over TFTP, where the query is the end of the file's name: `script.grub?mac=…`. */
export function grubBootScript(options: BootScriptOptions): BootFileRoute {
  const repeated = new RepeatedScripts(options.clock)
  const render = grubRenderer(grubTftpFiles(options.serverAddress))
  return async (request) => {
    const [path, query = ''] = request.path.split('?', 2)
    if (path !== bootScriptPaths.grub || request.transport !== 'tftp') return undefined
    const client = readScriptClient({ ...request, query: new Map(new URLSearchParams(query)) })
    const decide = () => decidedScript(options, client, render)
    return scriptFile(await repeated.scriptFor(client, decide))
  }
}

function scriptFile(text: string): BootFile {
  return memoryBootFile(Buffer.from(text, 'latin1'), {
    contentType: 'text/plain; charset=us-ascii',
    cacheControl: 'no-store',
  })
}
