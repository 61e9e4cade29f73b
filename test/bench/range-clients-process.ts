/**
 * `range-clients-process.ts URL CLIENTS CHUNKS SECONDS`: each client asks for one 4 MiB range after the
 * other on its own connection. Prints the bytes that each has received, as JSON.
 */
import { connect } from 'node:net'

const [address = '', clientCount = '', chunkCount = '', seconds = ''] = process.argv.slice(2)
const url = new URL(address)
const chunkBytes = 4 * 1024 * 1024
const received = Array.from({ length: Number(clientCount) }, () => 0)
const sink = new Uint8Array(1024 * 1024)

for (const client of received.keys()) {
  let next = client
  let missing = 0
  const ask = () => {
    const first = (next++ % Number(chunkCount)) * chunkBytes
    const range = `bytes=${first}-${first + chunkBytes - 1}`
    socket.write(`GET ${url.pathname} HTTP/1.1\r\nHost: ${url.host}\r\nRange: ${range}\r\n\r\n`)
    missing = -1
  }
  const socket = connect({
    ...{ host: url.hostname, port: Number(url.port), noDelay: true },
    onread: {
      buffer: sink,
      callback: (count: number) => {
        let body = count
        if (missing === -1) {
          const end = Buffer.from(sink.buffer, 0, count).indexOf('\r\n\r\n')
          if (end === -1) throw new Error('a header in two pieces')
          body = count - end - 4
          missing = chunkBytes
        }
        missing -= body
        received[client] = (received[client] ?? 0) + body
        if (missing === 0) ask()
        return true
      },
    },
  })
  socket.on('connect', ask)
}
setTimeout(
  () => {
    console.log(JSON.stringify(received))
    process.exit(0)
  },
  Number(seconds) * 1000,
)
