// Looks again when something happens, and draws the rate of a write as it is told. Without this script the
// page still reads; it only stands still.

const topics = document.body.dataset.topics?.split(' ').filter((topic) => topic !== '') ?? []
const connection = document.querySelector('#connection')
/** Changes that come together are shown together. */
const quietMs = 500
const rates = []
let waiting = false
let retryMs = 500

if (topics.length > 0) void connect()

async function connect() {
  try {
    const answer = await fetch('/live-ticket', { method: 'GET', cache: 'no-store' })
    if (!answer.ok) return say('not live: reload with a new link')
    const { ticket } = await answer.json()
    follow(
      new WebSocket(`${location.protocol.replace('http', 'ws')}//${location.host}/api/v1/ws`),
      ticket,
    )
  } catch {
    again()
  }
}

function follow(socket, ticket) {
  socket.addEventListener('open', () => {
    if (ticket !== '')
      socket.send(JSON.stringify({ frame: 'authenticate', id: 'page', token: ticket }))
    socket.send(JSON.stringify({ frame: 'subscribe', id: 'page', topics, batch: true }))
  })
  socket.addEventListener('message', ({ data }) => take(JSON.parse(data)))
  socket.addEventListener('close', again)
}

function take(frame) {
  if (frame.frame === 'subscribed') {
    retryMs = 500
    say('live')
  } else if (frame.frame === 'event' || frame.frame === 'events') lookAgain()
  else if (frame.frame === 'progress') drawProgress(frame)
}

function again() {
  say('reconnecting')
  setTimeout(connect, retryMs)
  retryMs = Math.min(10_000, retryMs * 2)
}

function say(text) {
  if (connection) connection.textContent = text
}

/** The server draws; only the middle of the page changes hands. */
function lookAgain() {
  if (waiting) return
  waiting = true
  setTimeout(async () => {
    waiting = false
    const answer = await fetch(location.href, { cache: 'no-store' })
    if (!answer.ok) return
    const next = new DOMParser().parseFromString(await answer.text(), 'text/html')
    const write = document.querySelector('.write')
    document.querySelector('main')?.replaceChildren(...(next.querySelector('main')?.children ?? []))
    const renewed = document.querySelector('.write')
    if (write && renewed && write.dataset.run === renewed.dataset.run) renewed.replaceWith(write)
  }, quietMs)
}

function drawProgress({ runId, progress }) {
  const panel = document.querySelector(`.write[data-run="${CSS.escape(runId)}"]`)
  if (!panel) return
  const { phase, doneBytes, totalBytes, bytesPerSecond } = progress
  panel.hidden = false
  panel.querySelector('.write-text').textContent =
    `${phase}: ${mebibytes(doneBytes)} of ${mebibytes(totalBytes)} MiB, ${mebibytes(bytesPerSecond)} MiB/s`
  panel.querySelector('progress').value = totalBytes === 0 ? 0 : doneBytes / totalBytes
  panel.querySelector('.write-facts').textContent = factsOf(progress)
  rates.push(bytesPerSecond)
  if (rates.length > 240) rates.shift()
  const highest = Math.max(1, ...rates)
  const step = 240 / Math.max(1, rates.length - 1)
  const points = rates.map((rate, index) => `${index * step},${38 - (36 * rate) / highest}`)
  panel.querySelector('polyline').setAttribute('points', points.join(' '))
  panel.querySelector('polygon').setAttribute('points', ['0,40', ...points, '240,40'].join(' '))
}

/** What is known of it besides: rates by step, what limits it, how much is proven. */
function factsOf(progress) {
  const { networkBytesPerSecond, decodeBytesPerSecond, diskBytesPerSecond } = progress
  const rate = (name, bytes) => (bytes === undefined ? [] : [`${name} ${mebibytes(bytes)} MiB/s`])
  return [
    ...rate('network', networkBytesPerSecond),
    ...rate('decompress', decodeBytesPerSecond),
    ...rate('disk', diskBytesPerSecond),
    ...(progress.bottleneck === undefined ? [] : [`limited by the ${progress.bottleneck}`]),
    ...(progress.provenBytes === undefined
      ? []
      : [`proven ${mebibytes(progress.provenBytes)} MiB`]),
    ...(progress.chunksRefetched > 0 ? [`refetched ${progress.chunksRefetched}`] : []),
  ].join(', ')
}

function mebibytes(bytes) {
  return Math.round(bytes / 1_048_576)
}
