import { CodedError } from '../../base/coded-error.ts'
import { ListenError } from '../servers/listen-error.ts'
import { findPortHolder } from '../servers/port-holder.ts'

/** Exit codes of `repave serve` (the same words as the command line's): by error code. */
const exitCodes: Readonly<Record<string, number>> = {
  ERR_USAGE: 2,
  ERR_INTERFACE_UNKNOWN: 3,
  ERR_INTERFACE_ADDRESS: 3,
  ERR_DHCP_INTERFACE_MISSING: 3,
  ERR_DHCP_ADDRESS_MISSING: 3,
  ERR_PORT_TAKEN: 5,
  ERR_DHCP_PORT_TAKEN: 5,
  ERR_STORE_LOCKED: 5,
  ERR_OPERATOR_SOCKET_IN_USE: 5,
  ERR_CONFIG_INVALID: 8,
  ERR_DOCUMENT_INVALID: 8,
}

/** Another process listens where one of our servers shall. */
export class PortTakenError extends CodedError {
  readonly code = 'ERR_PORT_TAKEN'
  readonly endpoint: string

  constructor(endpoint: string, holder: string, processId: number | undefined, cause: unknown) {
    super(`${endpoint} is taken by ${holder}`, {
      cause,
      remedy:
        processId === undefined
          ? 'stop that program, or choose another port: repave serve --help'
          : `stop it (kill ${processId}), or choose another port: repave serve --help`,
    })
    this.endpoint = endpoint
  }
}

/** A listen error with the process behind it, where that can be seen; anything else as it is. */
export async function withPortHolder(thrown: unknown): Promise<unknown> {
  if (!(thrown instanceof ListenError)) return thrown
  if ((thrown.cause as NodeJS.ErrnoException | undefined)?.code !== 'EADDRINUSE') return thrown
  const [, port, transport] = /:(\d+)\/(tcp|udp)$/.exec(thrown.endpoint) ?? []
  if (port === undefined) return thrown
  const holder = await findPortHolder(transport === 'udp' ? 'udp' : 'tcp', Number(port))
  if (holder === undefined) {
    return new PortTakenError(thrown.endpoint, 'another program', undefined, thrown)
  }
  const shown = `${holder.program} (pid ${holder.processId})`
  return new PortTakenError(thrown.endpoint, shown, holder.processId, thrown)
}

/** What went wrong and what helps, for standard error. */
export function failureText(thrown: CodedError): string {
  const remedy =
    thrown.remedy === '' ? '' : `  try   ${thrown.remedy.replaceAll('\n', '\n        ')}\n`
  return `error[${thrown.code}]: ${thrown.message}\n${remedy}`
}

export function exitCodeOf(thrown: unknown): number {
  return thrown instanceof CodedError ? (exitCodes[thrown.code] ?? 1) : 1
}
