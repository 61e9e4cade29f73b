// Simulated machines in a process of their own: `rack-process.ts '{"directory":…,"first":0,"count":500,"ports":…}'`.
// Says `ready` when they stand, `on` switches all of them on, and each that is deployed is said by name.
import { setPriority } from 'node:os'
import { truncate } from 'node:fs/promises'
import { createInterface } from 'node:readline'

import { MEBIBYTE } from '../../../src/base/byte-size.ts'
import { planMachine } from '../../../src/simulator/machine/machine-plan.ts'
import { diskFileOf } from '../../../src/simulator/machine/simulated-hardware.ts'
import { usualPace } from '../../../src/simulator/machine/simulated-machine.ts'
import { SimulatedRack } from '../../../src/simulator/simulated-rack.ts'

export interface RackOrder {
  readonly directory: string
  readonly first: number
  readonly count: number
  readonly ports: { readonly dhcp: number; readonly tftp: number }
}

// On a host of its own the load would take nothing from the daemon.
setPriority(10)
const { directory, first, count, ports } = JSON.parse(process.argv[2] ?? '') as RackOrder
const plans = Array.from({ length: count }, (_value, index) =>
  planMachine(first + index, { directory, diskBytes: 32 * MEBIBYTE }),
)
await using rack = await SimulatedRack.build({
  plans,
  ports,
  pace: { ...usualPace, dhcpPatienceMs: [4000, 8000, 16_000, 32_000] },
  onSystemStarted: (plan) => {
    // What lies on a disk in memory is of no more use.
    void truncate(diskFileOf(plan), 0)
    process.stdout.write(`deployed ${plan.name}\n`)
  },
})
process.stdout.write('ready\n')
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'on') rack.powerOnAll()
  else break
}
process.exit()
