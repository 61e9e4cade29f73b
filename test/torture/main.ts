import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'

import { ensureDebianPackages } from '../../src/debian/ensure-debian-packages.ts'
import { tortureCorrupt } from './corrupt.ts'
import { tortureIo } from './io.ts'
import { tortureByKill } from './kill.ts'
import { tortureMachinesByKill } from './kill-lab.ts'
import { torturePower } from './power.ts'
import { torturePowerOfMachines } from './power-of-machines.ts'
import type { TortureOptions } from './tally.ts'

// `npm run torture -- KIND --count N --seed N`: long fault runs. Ends with 1 on any loss.

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { count: { type: 'string', default: '10' }, seed: { type: 'string' } },
})
const kinds: Readonly<Record<string, (options: TortureOptions) => Promise<boolean>>> = {
  kill: tortureByKill,
  'kill-lab': ({ count }) => tortureMachinesByKill(count),
  io: tortureIo,
  corrupt: tortureCorrupt,
  power: torturePower,
  'power-of-machines': torturePowerOfMachines,
}
const kind = kinds[positionals[0] ?? '']
if (kind === undefined) {
  console.error(`usage: npm run torture -- ${Object.keys(kinds).join('|')} --count N --seed N`)
  process.exitCode = 2
} else {
  const print = (line: string) => console.log(line)
  await ensureDebianPackages(['fuse3', 'libnbd-bin', 'nbdkit', 'util-linux'], { log: print })
  const seed = Number(values.seed ?? randomInt(2 ** 31))
  process.exitCode = (await kind({ count: Number(values.count), seed, print })) ? 0 : 1
}
