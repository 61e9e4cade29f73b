import { parseArgs } from 'node:util'

import { tortureByKill } from './kill.ts'

// `npm run torture -- KIND --count N`: long fault runs on real machines. Ends with 1 on any loss.

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { count: { type: 'string', default: '10' } },
})
const kinds: Readonly<Record<string, (count: number) => Promise<boolean>>> = { kill: tortureByKill }
const kind = kinds[positionals[0] ?? '']
if (kind === undefined) {
  console.error(`usage: npm run torture -- ${Object.keys(kinds).join('|')} --count N`)
  process.exitCode = 2
} else {
  process.exitCode = (await kind(Number(values.count))) ? 0 : 1
}
