import { Gauge, Registry } from '@prometheus-io/client'
import type { FastifyInstance } from 'fastify'

import { machineStates } from '../../contract/machine.ts'
import { runStates } from '../../contract/run.ts'
import type { OperatorServices } from './operator-services.ts'

/** `/metrics`, as Prometheus reads it: what is there now, and what the servers counted. */
export function metricsRoutes(app: FastifyInstance, services: OperatorServices): void {
  const registry = new Registry()
  const gauge = <Label extends string>(name: string, help: string, ...labelNames: Label[]) =>
    new Gauge({ name: `repave_${name}`, help, labelNames, registers: [registry] })
  const gauges = {
    machines: gauge('machines', 'Machines by state', 'state'),
    runs: gauge('runs', 'Unfinished and newest runs by state', 'state'),
    images: gauge('images', 'Images'),
    lastSeq: gauge('last_event_seq', 'Number of the newest event'),
    started: gauge('started_seconds', 'When the daemon started, seconds since 1970'),
    memory: gauge('resident_memory_bytes', 'Memory of the daemon'),
    cpu: gauge('cpu_seconds', 'CPU time of the daemon'),
    servers: gauge('server', 'What a server counted', 'server', 'counter'),
  }
  app.get('/metrics', async (_request, reply) => {
    const { machines, runs, seq } = await services.runs.snapshot()
    const status = await services.readStatus()
    const count = (
      states: readonly string[],
      found: readonly { state: string }[],
      to: Gauge<'state'>,
    ) => {
      for (const state of states) {
        to.set({ state }, found.filter((each) => each.state === state).length)
      }
    }
    count(machineStates, machines, gauges.machines)
    count(runStates, runs, gauges.runs)
    gauges.images.set(status.images)
    gauges.lastSeq.set(seq)
    gauges.started.set(status.startedAtMs / 1000)
    gauges.memory.set(process.memoryUsage().rss)
    const { user, system } = process.cpuUsage()
    gauges.cpu.set((user + system) / 1e6)
    for (const { name, counters } of status.servers) {
      for (const [counter, value] of Object.entries(counters)) {
        gauges.servers.set({ server: name, counter }, value)
      }
    }
    return reply.type('text/plain; version=0.0.4; charset=utf-8').send(await registry.metrics())
  })
}
