import { latin1Text } from '../../../base/ascii.ts'
import { linux, type SocketCalls } from './socket-calls.ts'

/** The first descriptor that a service manager hands over, sd_listen_fds(3). */
const firstDescriptor = 3
const deviceNameBytes = 16

/**
 * The descriptors that the service manager opened for this process and for no other, sd_listen_fds(3).
 * Forgotten by the environment, so that programs which we start do not take them for theirs.
 */
export function takePassedDescriptors(
  environment: NodeJS.ProcessEnv,
  processId: number,
): readonly number[] {
  const { LISTEN_PID: owner, LISTEN_FDS: count } = environment
  for (const name of ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES']) delete environment[name]
  if (owner !== String(processId) || !/^[1-9]\d{0,2}$/.test(count ?? '')) return []
  return Array.from({ length: Number(count) }, (_, index) => firstDescriptor + index)
}

/** Sockets that were opened for us, each used once. */
export class PassedSockets {
  readonly #calls: SocketCalls
  readonly #left: Set<number>

  constructor(descriptors: readonly number[], calls: SocketCalls) {
    this.#calls = calls
    this.#left = new Set(descriptors)
    for (const fd of descriptors) calls.closeOnExec(fd)
  }

  /** A UDP socket on that port, tied to that interface or else to none; undefined when there is none. */
  take(interfaceName: string, port: number): number | undefined {
    const fitting = [...this.#left].filter((fd) => this.#isUdpOn(fd, port))
    const fd =
      fitting.find((fd) => this.#deviceOf(fd) === interfaceName) ??
      fitting.find((fd) => this.#deviceOf(fd) === '')
    if (fd !== undefined) this.#left.delete(fd)
    return fd
  }

  /** Those that nobody had a use for. */
  left(): readonly number[] {
    return [...this.#left]
  }

  #isUdpOn(fd: number, port: number): boolean {
    const type = new Uint8Array(4)
    const { levelSocket, optionType, socketDatagram, addressFamilyInet } = linux
    if (this.#calls.getsockopt(fd, levelSocket, optionType, type) < 0) return false
    const address = new Uint8Array(16)
    if (this.#calls.getsockname(fd, address) < 0) return false
    const view = new DataView(address.buffer)
    return (
      // In the byte order of the host, which on our processors is the little one.
      new DataView(type.buffer).getInt32(0, true) === socketDatagram &&
      view.getUint16(0, true) === addressFamilyInet &&
      view.getUint16(2) === port
    )
  }

  /** Empty for none. */
  #deviceOf(fd: number): string {
    const name = new Uint8Array(deviceNameBytes)
    const { levelSocket, optionBindToDevice } = linux
    const sizeBytes = this.#calls.getsockopt(fd, levelSocket, optionBindToDevice, name)
    const end = name.indexOf(0)
    return latin1Text(name.subarray(0, Math.max(0, Math.min(sizeBytes, end < 0 ? 16 : end))))
  }
}
