import { describe, expect, it } from 'vitest'

import { factLines, tableLines } from '../../../src/presentation/table-text.ts'

describe(tableLines, () => {
  it('aligns columns and leaves no blanks at the end', () => {
    expect(
      tableLines(
        ['NAME', 'STATE'],
        [
          ['node-1', 'ready'],
          ['n', ''],
        ],
      ),
    ).toEqual(['NAME    STATE', 'node-1  ready', 'n'])
  })
})

describe(factLines, () => {
  it('aligns the values', () => {
    expect(
      factLines([
        ['run', '1'],
        ['machine', '2'],
      ]),
    ).toEqual(['run      1', 'machine  2'])
  })
})
