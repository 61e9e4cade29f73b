import { CodedError } from '../../base/coded-error.ts'
import { type MacAddress, readMacAddress } from '../../base/mac-address.ts'

/** What the boot script handed over on the kernel command line. */
export interface BootParameters {
  /** The daemon's provisioning listener, without a slash at the end. */
  readonly daemonUrl: string
  /** Good for this one boot. */
  readonly token: string
  readonly bootMac: MacAddress | undefined
}

/** The agent was started without being told where its daemon is. */
export class BootParametersError extends CodedError {
  readonly code = 'ERR_BOOT_PARAMETERS'

  constructor(missing: string) {
    super(`the kernel command line has no usable ${missing}`, {
      remedy: "boot through the daemon's boot script",
    })
  }
}

/** @throws {BootParametersError} when `repave.url` or `repave.token` is missing or unusable */
export function readBootParameters(commandLine: string): BootParameters {
  const parameters = new Map<string, string>()
  for (const word of commandLine.trim().split(/\s+/)) {
    const separator = word.indexOf('=')
    if (separator > 0) parameters.set(word.slice(0, separator), word.slice(separator + 1))
  }
  const url = parameters.get('repave.url') ?? ''
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new BootParametersError('repave.url')
  }
  const token = parameters.get('repave.token') ?? ''
  if (token === '' || token.length > 128) throw new BootParametersError('repave.token')
  const bootMac = readMacAddress(parameters.get('repave.mac') ?? '')
  return { daemonUrl: url.replace(/\/+$/, ''), token, bootMac }
}
