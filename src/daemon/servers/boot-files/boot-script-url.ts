import { readMacAddress } from '../../../base/mac-address.ts'
import type { FirmwarePlatform, ScriptClient } from '../../domain/bootenv/boot-client.ts'
import { BootRequestRefusedError } from './boot-file-errors.ts'
import type { BootFileRequest } from './boot-file.ts'

/** Scripts that say what a machine boots now, by the loader that reads them. */
export const bootScriptPaths = { ipxe: 'script.ipxe', grub: 'script.grub' } as const

const platforms: readonly FirmwarePlatform[] = ['bios', 'uefi-x86_64', 'uefi-aarch64', 'unknown']

/**
 * Where a machine's iPXE asks for its script.
 *
 * @param baseUrl of the provisioning listener, without a slash at its end: `http://10.77.0.1:8090`
 */
export function bootScriptUrl(baseUrl: string, client: Omit<ScriptClient, 'address'>): string {
  const { macAddress, platform, systemUuid } = client
  const uuid = systemUuid === undefined ? '' : `&uuid=${encodeURIComponent(systemUuid)}`
  return `${baseUrl}/boot/${bootScriptPaths.ipxe}?mac=${macAddress}&platform=${platform}${uuid}`
}

/** @throws {BootRequestRefusedError} when the query does not say which machine asks */
export function readScriptClient({ query, clientAddress }: BootFileRequest): ScriptClient {
  const macAddress = readMacAddress(query.get('mac') ?? '')
  if (macAddress === undefined) throw new BootRequestRefusedError(400, 'mac= is no MAC address')
  const wanted = query.get('platform') || 'unknown'
  const platform = platforms.find((known) => known === wanted)
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
