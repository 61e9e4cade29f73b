import type { FirmwarePlatform, ScriptClient } from '../../domain/bootenv/boot-client.ts'

export const bootScriptPath = 'script.ipxe'

const platforms: readonly FirmwarePlatform[] = ['bios', 'uefi-x86_64', 'uefi-aarch64', 'unknown']

/**
 * Where a machine's iPXE asks for its script.
 *
 * @param baseUrl of the provisioning listener, without a slash at its end: `http://10.77.0.1:8090`
 */
export function bootScriptUrl(baseUrl: string, client: Omit<ScriptClient, 'address'>): string {
  const { macAddress, platform, systemUuid } = client
  const uuid = systemUuid === undefined ? '' : `&uuid=${encodeURIComponent(systemUuid)}`
  return `${baseUrl}/boot/${bootScriptPath}?mac=${macAddress}&platform=${platform}${uuid}`
}

/** Undefined when `text` names no platform that we serve. */
export function readFirmwarePlatform(text: string): FirmwarePlatform | undefined {
  return platforms.find((platform) => platform === text)
}
