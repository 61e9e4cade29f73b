import type { Ipv4Address } from '../../../base/ipv4-address.ts'
import type { MacAddress } from '../../../base/mac-address.ts'
import type { BootPrograms } from '../../../contract/boot-programs.ts'
import type { NetworkPlace } from '../../../contract/machine-standing.ts'

/** Firmware as option 93 names it, brought down to what we serve. */
export type FirmwarePlatform = 'bios' | 'uefi-x86_64' | 'uefi-aarch64' | 'unknown'

/** Facts about whoever asks what to boot, as the packet states them: hostile until decided upon. */
export interface BootClient {
  readonly macAddress: MacAddress
  readonly platform: FirmwarePlatform
  /**
   * `firmware`: a PXE ROM or EDK2 · `http-firmware`: UEFI HTTP boot · `ipxe`: option 77 or 175 says so ·
   * `none`: an ordinary DHCP client.
   */
  readonly kind: 'firmware' | 'http-firmware' | 'ipxe' | 'none'
  /** The first number of option 93, where the platform is `unknown`. */
  readonly architecture?: number
  /** SMBIOS UUID of option 97, lower case, absent when missing or all zero. */
  readonly systemUuid?: string
}

/** The answer to a DHCP client: which file, from whom, and the reason an operator reads. */
export type BootFileDecision =
  | {
      readonly kind: 'boot-file'
      /** TFTP path (`ipxe/undionly.kpxe`); a URL for iPXE and for UEFI HTTP boot. */
      readonly bootFileName: string
      readonly serverAddress: Ipv4Address
      readonly because: string
    }
  | { readonly kind: 'none'; readonly because: string }

/** What a boot file depends on besides the client. */
export interface BootFileQuestion {
  /** Those of the subnet the client is on. */
  readonly bootPrograms?: BootPrograms | undefined
  /** The client only looks for servers (DISCOVER): this begins another try to boot. */
  readonly isFirstOfBoot: boolean
  /** Where the client was heard. */
  readonly place?: NetworkPlace
}

/** Asked by the DHCP server for each DISCOVER and REQUEST. Synchronous: it stands in a packet's way. */
export interface BootFileResolver {
  bootFileFor(client: BootClient, question: BootFileQuestion): BootFileDecision
}

/** Who fetches a boot script. */
export interface ScriptClient {
  readonly macAddress: MacAddress
  readonly platform: FirmwarePlatform
  readonly address: Ipv4Address
  readonly systemUuid?: string
}

/** What the script shall do, and the reason an operator reads (and the machine's console shows). */
export type ScriptDecision = { readonly machineName: string; readonly because: string } & (
  | {
      readonly target: 'sledgehammer'
      /** One argument each, already checked: no spaces, printable ASCII. */
      readonly kernelArguments: readonly string[]
    }
  | { readonly target: 'local-disk' }
  /** A page on the console that says why; asks again after `retrySeconds`. */
  | { readonly target: 'hold'; readonly retrySeconds: number }
)

export interface ScriptDecider {
  /** Each call is one boot of that machine: it mints the token that this boot may join with. */
  decideScript(client: ScriptClient): Promise<ScriptDecision>
}
