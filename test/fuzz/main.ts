import { parseArgs } from 'node:util'

import { fuzzTarget, loadFuzzTargets } from './fuzz-run.ts'

// `npm run fuzz -- --minutes N [NAME]`: every decoder in turn, each its share of the time.
// Ends with 1 when one threw, and prints the bytes that made it.

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { minutes: { type: 'string', default: '1' }, seed: { type: 'string' } },
})
const wanted = positionals[0] ?? ''
const targets = (await loadFuzzTargets()).filter(({ name }) => name.includes(wanted))
const shareMs = (Number(values.minutes) * 60_000) / Math.max(1, targets.length)
const firstSeed = Number(values.seed ?? Date.now() % 1_000_000_007)
let threw = targets.length === 0 ? 1 : 0
console.log(`seed ${firstSeed}, ${targets.length} decoders, ${Math.round(shareMs / 1000)} s each`)
for (const target of targets) {
  const endMs = performance.now() + shareMs
  const { cases, failures } = await fuzzTarget(target, firstSeed, () => performance.now() < endMs)
  threw += failures.length
  console.log(
    `${target.name.padEnd(32)} ${String(cases).padStart(12)} cases  ${failures.length} throws`,
  )
  for (const failure of failures) console.log(failure)
}
process.exitCode = threw === 0 ? 0 : 1
