import type { Ipv4Address } from '../../../base/ipv4-address.ts'
import * as grub from '../../../protocol/grub/boot-scripts.ts'
import * as ipxe from '../../../protocol/ipxe/boot-scripts.ts'
import type { ScriptClient, ScriptDecision } from '../../domain/bootenv/boot-client.ts'
import { bootScriptUrl } from './boot-script-url.ts'
import { sledgehammerPaths } from './sledgehammer-files.ts'

/** A decision in the words of one loader. */
export type ScriptRenderer = (decision: ScriptDecision, client: ScriptClient) => string

/** @param baseUrl of the provisioning listener, as configured: `http://10.77.0.1:8090` */
export function ipxeRenderer(baseUrl: string): ScriptRenderer {
  const files = {
    kernelUrl: `${baseUrl}/boot/${sledgehammerPaths.kernel}`,
    initramfsUrl: `${baseUrl}/boot/${sledgehammerPaths.initramfs}`,
  }
  return (decision, client) => {
    switch (decision.target) {
      case 'sledgehammer':
        return ipxe.sledgehammerScript({ ...decision, ...files })
      case 'hold':
        return ipxe.holdScript({ ...decision, scriptUrl: bootScriptUrl(baseUrl, client) })
      case 'local-disk':
        break
    }
    return ipxe.localDiskScript(decision)
  }
}

export type GrubFiles = Pick<grub.GrubSledgehammerBoot, 'kernelFile' | 'initramfsFile'>

/** Over TFTP, the one protocol that Debian's signed GRUB speaks. */
export function grubTftpFiles(serverAddress: Ipv4Address): GrubFiles {
  return {
    kernelFile: `(tftp,${serverAddress})/boot/${sledgehammerPaths.kernel}`,
    initramfsFile: `(tftp,${serverAddress})/boot/${sledgehammerPaths.initramfs}`,
  }
}

export function grubRenderer(files: GrubFiles): ScriptRenderer {
  return (decision) => {
    switch (decision.target) {
      case 'sledgehammer':
        return grub.sledgehammerScript({ ...decision, ...files })
      case 'hold':
        return grub.holdScript(decision)
      case 'local-disk':
        break
    }
    return grub.localDiskScript(decision)
  }
}
