import type { Ipv4Address } from '../../../base/ipv4-address.ts'
import { startScript as grubStartScript } from '../../../protocol/grub/boot-scripts.ts'
import { startScript as ipxeStartScript } from '../../../protocol/ipxe/boot-scripts.ts'
import type { BootFileRequest, BootFileRoute } from './boot-file.ts'
import { bootScriptPaths, bootScriptUrl, readScriptClient } from './boot-script-url.ts'
import { memoryBootFile } from './memory-boot-file.ts'

/** Where GRUB looks, with `/grub` built in: first below the name of its platform. */
const grubSettings = ['grub/x86_64-efi/grub.cfg', 'grub/grub.cfg']

/**
 * What a loader runs first: it decides nothing, asks for the machine's own script, and asks again
 * while that cannot be had.
 *
 * @param baseUrl of the provisioning listener, as configured: `http://10.77.0.1:8090`
 * @param serverAddress who serves TFTP
 */
export function startScripts(baseUrl: string, serverAddress: Ipv4Address): BootFileRoute {
  const grub = grubStartScript(`(tftp,${serverAddress})/boot/${bootScriptPaths.grub}`)
  return async (request) => {
    const text = grubSettings.includes(request.path) ? grub : ipxeScript(request, baseUrl)
    if (text === undefined) return undefined
    return memoryBootFile(Buffer.from(text, 'latin1'), {
      contentType: 'text/plain; charset=us-ascii',
      cacheControl: 'no-store',
    })
  }
}

function ipxeScript(request: BootFileRequest, baseUrl: string): string | undefined {
  if (request.path !== 'start.ipxe' || request.transport !== 'http') return undefined
  return ipxeStartScript(bootScriptUrl(baseUrl, readScriptClient(request)))
}
