import { WebSocket } from 'ws'

// argv: socket, how many subscribers, how many events each waits for, `since`, `read` or `stall`. Tells what
// each saw when all have seen it; with `stall` says `stalled` and reads nothing from then on.

const [path = '', count = '1', wanted = '1', since = '0', manner = 'read'] = process.argv.slice(2)
const latenciesMs: number[] = []
let lagging = 0

/** First and last event of a frame tell how many there are and how late the oldest is: every event is counted. */
const numberPattern = /"seq":(\d+)/
const timePattern = /"at":([\d.]+)/
/** More than one event takes: a hundred clients in one process read no more of each frame than they need. */
const eventBytes = 1024

const subscribers = Array.from({ length: Number(count) }, () => subscribe())
const startMs = performance.now()
await Promise.all(subscribers.map(({ subscribed }) => subscribed))
console.log(manner === 'stall' ? 'stalled' : 'subscribed')
if (manner === 'read') {
  const gaps = await Promise.all(subscribers.map(({ finished }) => finished))
  const sorted = latenciesMs.toSorted((left, right) => left - right)
  const at = (share: number) => sorted[Math.floor(sorted.length * share)] ?? 0
  console.log(
    JSON.stringify({
      ...{ seconds: (performance.now() - startMs) / 1000, frames: sorted.length, lagging },
      ...{ p50Ms: at(0.5), p99Ms: at(0.99), maxMs: sorted.at(-1) ?? 0 },
      gaps: gaps.reduce((sum, each) => sum + each, 0),
    }),
  )
  process.exit()
}

function subscribe() {
  const subscribed = Promise.withResolvers<void>()
  const finished = Promise.withResolvers<number>()
  let seen = Number(since)
  let gaps = 0
  let asked = 0
  const ask = (socket: WebSocket) => {
    const id = String(asked++)
    const frame = { frame: 'subscribe', id, topics: ['*.*.*'], batch: true, since: seen }
    socket.send(JSON.stringify(frame))
  }
  const take = (socket: WebSocket, data: Buffer) => {
    const text = data.toString('latin1', 0, eventBytes)
    if (text.startsWith('{"frame":"subscribed"')) {
      subscribed.resolve()
      if (manner === 'stall') socket.pause()
      return
    }
    if (text.startsWith('{"frame":"lagging"')) {
      lagging++
      return ask(socket)
    }
    if (!text.startsWith('{"frame":"events"')) return finished.reject(new Error(text))
    const [, at] = timePattern.exec(text) ?? []
    const [, first] = numberPattern.exec(text) ?? []
    const end = data.toString('latin1', Math.max(0, data.length - eventBytes))
    const [, last] = numberPattern.exec(end.slice(end.lastIndexOf('"seq":'))) ?? []
    if (Number(first) !== seen + 1) gaps++
    seen = Number(last)
    latenciesMs.push(performance.timeOrigin + performance.now() - Number(at))
    if (seen >= Number(wanted)) finished.resolve(gaps)
  }
  const connect = () => {
    const socket = new WebSocket(`ws+unix:${path}:/api/v1/ws`, {
      perMessageDeflate: false,
      skipUTF8Validation: true,
    })
    socket.on('open', () => ask(socket))
    socket.on('message', (data: Buffer) => take(socket, data))
    // A server that is too busy to shake hands is asked again.
    socket.on('error', () => setTimeout(connect, 500))
  }
  connect()
  return { subscribed: subscribed.promise, finished: finished.promise }
}
