import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'

import { Random } from './seeded-random.ts'

export interface NetworkFaults {
  /** Probabilities, for each datagram and each direction. */
  readonly loss: number
  readonly doubled: number
  readonly late: number
  readonly lateMs: number
  readonly seed: number
}

export interface LossyRelay extends AsyncDisposable {
  readonly port: number
  readonly lostCount: () => number
}

/** atftp gives up on a second OACK, so the talk about options passes unharmed. */
const isNegotiation = ([, opcode, high, low]: Uint8Array) =>
  opcode === 1 || opcode === 6 || (opcode === 4 && high === 0 && low === 0)

/** A bad network in front of a TFTP server that has one port: who sends to the relay's sends to it. */
export async function openLossyRelay(
  serverPort: number,
  faults: NetworkFaults,
): Promise<LossyRelay> {
  const random = new Random(faults.seed)
  const [outside, inside] = [await openSocket(), await openSocket()]
  let lost = 0
  let clientPort = 0
  let isOpen = true
  const carry = (bytes: Uint8Array, from: Socket, port: number) => {
    if (isNegotiation(bytes)) {
      from.send(bytes, port, '127.0.0.1')
      return
    }
    if (random.fraction() < faults.loss) {
      lost++
      return
    }
    const send = () => {
      if (isOpen) from.send(bytes, port, '127.0.0.1')
    }
    for (let times = random.fraction() < faults.doubled ? 2 : 1; times > 0; times--) {
      if (random.fraction() < faults.late) setTimeout(send, faults.lateMs * random.fraction())
      else send()
    }
  }
  outside.on('message', (bytes, { port }) => {
    clientPort = port
    carry(bytes, inside, serverPort)
  })
  inside.on('message', (bytes) => carry(bytes, outside, clientPort))
  return {
    port: outside.address().port,
    lostCount: () => lost,
    [Symbol.asyncDispose]: async () => {
      isOpen = false
      outside.close()
      inside.close()
    },
  }
}

async function openSocket(): Promise<Socket> {
  const socket = createSocket('udp4')
  socket.bind({ address: '127.0.0.1', port: 0 })
  await once(socket, 'listening')
  return socket
}
