import { globSync, readFileSync } from 'node:fs'

import { describe, expect, it } from 'vitest'

/** Codes that Node itself gives to its errors; we only look for them. */
const codesOfNode = new Set(['ERR_MODULE_NOT_FOUND', 'ERR_INVALID_ARG_VALUE', 'ERR_SSL'])

const codesIn = (text: string) => text.match(/\bERR_[A-Z0-9_]+\b/g) ?? []

const codesOfSource = new Set(
  ['src/**/*.ts', 'src/**/*.sh', 'bin/*', 'src/sledgehammer/root/**']
    .flatMap((pattern) => globSync(pattern, { withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .flatMap((entry) => codesIn(readFileSync(`${entry.parentPath}/${entry.name}`, 'utf8'))),
)
const documented = readFileSync('docs/errors.md', 'utf8')
  .split('\n')
  .flatMap((line) => /^\| `(ERR_[A-Z0-9_]+)` \|/.exec(line)?.[1] ?? [])

describe('docs/errors.md', () => {
  it('explains every error code of the source', () => {
    const missing = [...codesOfSource].filter(
      (code) => !documented.includes(code) && !codesOfNode.has(code),
    )
    expect(missing.sort()).toEqual([])
  })

  it('explains no code that the source does not have', () => {
    expect(documented.filter((code) => !codesOfSource.has(code))).toEqual([])
  })

  it('explains each code once, in order, with a cause and a remedy', () => {
    expect(documented).toEqual([...new Set(documented)])
    const rows = readFileSync('docs/errors.md', 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('| `ERR_'))
    expect(rows.filter((row) => !/^\| `ERR_\w+` \| [^|]{10,} \| [^|]{3,} \|$/.test(row))).toEqual(
      [],
    )
  })
})
