import type { Ipv4Address } from '../../../base/ipv4-address.ts'
import type { BootProgram, BootPrograms } from '../../../contract/boot-programs.ts'
import type { BootClient, BootFileDecision, FirmwarePlatform } from './boot-client.ts'

export interface BootFileHosts {
  /** Without trailing slash. */
  readonly provisioningUrl: string
  readonly serverAddress: Ipv4Address
}

/** What speaks for another program than the usual one. */
export interface BootProgramWishes {
  /** Of the machine, over those of its subnet. */
  readonly machine?: BootPrograms | undefined
  readonly subnet?: BootPrograms | undefined
  /** iPXE was handed over and never spoke: firmware with Secure Boot refuses to start it. */
  readonly isIpxeRefused: boolean
}

type ServedPlatform = Exclude<FirmwarePlatform, 'unknown'>
interface Choice {
  readonly program: BootProgram
  readonly because: string
}

/** iPXE on top of the firmware's own driver, because the firmware knows its card. */
const usualPrograms: Readonly<Partial<Record<ServedPlatform, Choice>>> = {
  bios: {
    program: 'ipxe/undionly.kpxe',
    because: 'BIOS firmware, it gets iPXE on top of its own network driver',
  },
  'uefi-x86_64': {
    program: 'ipxe/snponly.efi',
    because: 'UEFI firmware, it gets iPXE on top of its own network driver',
  },
}

/**
 * A name that is served to nobody. Firmware that is offered no file waits for one, for a minute and
 * longer; told of a file that is not there it goes on to its next boot entry at once.
 */
export const absentProgram = 'local-disk.efi'

/** A disk with shim, GRUB, its script and sledgehammer, which UEFI HTTP boot loads into RAM. */
export const signedDiskPath = 'grub/secure-boot.img'

/** The answer to a DHCP client: a network boot program for firmware, a script URL for iPXE. */
export function resolveBootFile(
  client: BootClient,
  hosts: BootFileHosts,
  wishes: BootProgramWishes = { isIpxeRefused: false },
): BootFileDecision {
  const { serverAddress } = hosts
  if (client.kind === 'none') {
    return { kind: 'none', because: 'an ordinary DHCP client, it does not ask for a boot file' }
  }
  if (client.kind === 'ipxe') {
    const because = 'iPXE runs already, it gets its script'
    return {
      kind: 'boot-file',
      bootFileName: startScriptUrl(client, hosts),
      serverAddress,
      because,
    }
  }
  if (client.platform === 'unknown') {
    const named = client.architecture === undefined ? '' : ` ${client.architecture}`
    return { kind: 'none', because: `no boot program for the architecture${named} in option 93` }
  }
  const choice = chooseProgram(client.platform, wishes)
  if (choice === undefined) {
    return { kind: 'none', because: `no boot program for platform ${client.platform}` }
  }
  if (choice.program === 'none') return { kind: 'none', because: choice.because }
  return programDecision(client, hosts, choice)
}

/** Sends firmware on to its next boot entry. */
export function skipNetworkBoot(
  client: BootClient,
  hosts: BootFileHosts,
  because: string,
): BootFileDecision {
  return programDecision(client, hosts, { program: absentProgram, because })
}

function programDecision(
  client: BootClient,
  { provisioningUrl, serverAddress }: BootFileHosts,
  { program, because }: Choice,
): BootFileDecision {
  const bootFileName =
    client.kind === 'http-firmware'
      ? `${provisioningUrl}/boot/${httpProgram(client, program)}`
      : program
  return { kind: 'boot-file', bootFileName, serverAddress, because }
}

/** Debian's signed GRUB speaks TFTP and no HTTP, so what comes by HTTP must hold all that it reads. */
function httpProgram(client: BootClient, program: BootProgram): string {
  return program === 'grub/shimx64.efi' ? `${signedDiskPath}?${scriptQuery(client)}` : program
}

function chooseProgram(
  platform: ServedPlatform,
  { machine, subnet, isIpxeRefused }: BootProgramWishes,
): Choice | undefined {
  const ofMachine = machine?.[platform]
  if (ofMachine !== undefined) return { program: ofMachine, because: 'the machine is set to it' }
  const ofSubnet = subnet?.[platform]
  if (ofSubnet !== undefined) return { program: ofSubnet, because: 'its subnet is set to it' }
  if (isIpxeRefused && platform === 'uefi-x86_64') {
    return {
      program: 'grub/shimx64.efi',
      because: 'iPXE did not start on it (Secure Boot?), it gets the signed shim and GRUB',
    }
  }
  return usualPrograms[platform]
}

function startScriptUrl(client: BootClient, { provisioningUrl }: BootFileHosts): string {
  return `${provisioningUrl}/boot/start.ipxe?${scriptQuery(client)}`
}

function scriptQuery({ macAddress, platform, systemUuid }: BootClient): string {
  const uuid = systemUuid === undefined ? '' : `&uuid=${systemUuid}`
  return `mac=${macAddress}&platform=${platform}${uuid}`
}
