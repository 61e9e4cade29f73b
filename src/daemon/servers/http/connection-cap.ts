import type { Server } from 'node:http'
import type { Socket } from 'node:net'

export interface ConnectionLimits {
  /** Open connections, all addresses together. @default 4096 */
  readonly connections: number
  /** Open connections from one address. @default 64 */
  readonly connectionsPerAddress: number
}

/** The connections of one server, those with websockets on them too. */
export interface ConnectionCap {
  readonly openCount: () => number
  readonly refusedCount: () => number
  destroyAll(): void
}

/** Closes connections above the limits as soon as they are accepted. */
export function capConnections(server: Server, limits: ConnectionLimits): ConnectionCap {
  const open = new Set<Socket>()
  const perAddress = new Map<string, number>()
  let refused = 0
  const forget = (socket: Socket, address: string) => {
    open.delete(socket)
    const left = (perAddress.get(address) ?? 1) - 1
    if (left > 0) perAddress.set(address, left)
    else perAddress.delete(address)
  }
  server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? ''
    const count = perAddress.get(address) ?? 0
    if (open.size >= limits.connections || count >= limits.connectionsPerAddress) {
      refused++
      socket.destroy()
      return
    }
    open.add(socket)
    perAddress.set(address, count + 1)
    socket.once('close', () => forget(socket, address))
  })
  return {
    openCount: () => open.size,
    refusedCount: () => refused,
    destroyAll: () => {
      for (const socket of open) socket.destroy()
    },
  }
}
