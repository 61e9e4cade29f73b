import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'

const host = '127.0.0.1'
const lowestPort = 20_000
const highestPort = 32_000

/** Ports for a daemon that may have none below 1024. */
export interface DaemonPorts {
  /** UDP; the port after it is free, too: clients are answered there. */
  readonly dhcp: number
  readonly tftp: number
  readonly http: number
}

/** @throws {Error} when nearly every port of this host is in use */
export async function findFreePorts(): Promise<DaemonPorts> {
  return { dhcp: await findDhcpPort(), tftp: await findUdpPort(), http: await findTcpPort() }
}

async function findDhcpPort(): Promise<number> {
  for (let port = lowestPort + (process.pid % 1000) * 10; port < highestPort; port += 2) {
    if ((await isFreeUdpPort(port)) && (await isFreeUdpPort(port + 1))) return port
  }
  throw new Error('no free UDP ports')
}

/** Every address: a client's port is shared with nobody. */
async function isFreeUdpPort(port: number): Promise<boolean> {
  const socket = createSocket('udp4')
  try {
    const listening = once(socket, 'listening')
    socket.bind(port)
    await listening
    return true
  } catch {
    return false
  } finally {
    socket.close()
  }
}

async function findUdpPort(): Promise<number> {
  const socket = createSocket('udp4')
  const listening = once(socket, 'listening')
  socket.bind({ address: host, port: 0 })
  await listening
  const { port } = socket.address()
  socket.close()
  return port
}

async function findTcpPort(): Promise<number> {
  const server = createServer()
  const listening = once(server, 'listening')
  server.listen(0, host)
  await listening
  const address = server.address()
  server.close()
  if (address === null || typeof address === 'string') throw new Error('no free TCP port')
  return address.port
}
