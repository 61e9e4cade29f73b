import { readdirSync } from 'node:fs'

import { type Bench, PrintedReport } from './bench-report.ts'

// `npm run bench -- NAME`: installs its peers, measures them and ours in turn, prints medians and the
// ratios against their goals. Ends with 1 below a goal.

const suffix = '.bench.ts'
const names = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith(suffix))
  .map((file) => file.slice(0, -suffix.length))
const name = process.argv[2] ?? ''
if (names.includes(name)) {
  const { bench } = (await import(`./${name}${suffix}`)) as { bench: Bench }
  const report = new PrintedReport()
  await bench(report)
  process.exitCode = report.verdict() ? 0 : 1
} else {
  console.error(`usage: npm run bench -- ${names.join('|')}`)
  process.exitCode = 2
}
