import { createInterface } from 'node:readline'

import { createOperatorApp } from '../../src/daemon/api/operator-app.ts'
import { openStore } from '../../src/daemon/store/sqlite/open-store.ts'
import { MemoryOperatorServices } from '../fakes/memory-operator-services.ts'
import { createSilentLogger } from '../fakes/silent-logger.ts'

// argv: folder. Serves the operators' websocket on FOLDER/api.sock over a real database, and takes orders as
// lines: `fill N` appends N events as fast as they go, `pace PER-SECOND SECONDS` that many at even intervals,
// `memory` collects garbage and tells what is left. Answers each with a line.

const [folder = ''] = process.argv.slice(2)
const store = await openStore(`${folder}/repave.db`, { logger: createSilentLogger() })
const memory = new MemoryOperatorServices()
const services = Object.assign(Object.create(memory) as MemoryOperatorServices, {
  events: store.events,
  runs: {
    ...memory.runs,
    snapshot: async () => ({ seq: store.events.lastSeq(), machines: [], runs: [] }),
  },
})
const app = await createOperatorApp(services, 'unix')
await app.listen({ path: `${folder}/api.sock` })
console.log('ready')

for await (const line of createInterface({ input: process.stdin })) {
  const [order, first = '0', second = '0'] = line.split(' ')
  if (order === 'fill') await fill(Number(first))
  if (order === 'pace') await pace(Number(first), Number(second))
  if (order === 'memory') globalThis.gc?.()
  const { rss, heapUsed, external } = process.memoryUsage()
  const { user, system } = process.cpuUsage()
  console.log(
    JSON.stringify({
      rss,
      held: heapUsed + external,
      cpuMs: (user + system) / 1000,
      lastSeq: store.events.lastSeq(),
    }),
  )
}
await app.close()
await store[Symbol.asyncDispose]()

async function fill(count: number): Promise<void> {
  for (let done = 0; done < count; done += 1000) {
    await store.state.commit({
      events: Array.from({ length: Math.min(1000, count - done) }, () => newEvent()),
    })
  }
}

/** What is due since the beginning, every ten milliseconds, in one transaction; none is dropped, but late. */
async function pace(perSecond: number, seconds: number): Promise<void> {
  const startMs = performance.now()
  const total = perSecond * seconds
  for (let done = 0; done < total;) {
    const due = Math.min(total, Math.floor(((performance.now() - startMs) / 1000) * perSecond))
    const events = Array.from({ length: due - done }, () => newEvent())
    if (events.length > 0) await store.state.commit({ events })
    done = due
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

function newEvent() {
  const machineId = '6f1c2d3e-0000-4000-8000-00000000000a'
  return {
    timeMs: Date.now(),
    ...{ type: 'dhcp', action: 'ack', key: '52:54:00:aa:bb:01', principal: 'daemon', machineId },
    body: { because: 'the lease of this machine', address: '10.77.0.130', at: nowMs() },
  }
}

/** Wall-clock milliseconds with their fraction, the same in every process of this machine. */
function nowMs(): number {
  return performance.timeOrigin + performance.now()
}
