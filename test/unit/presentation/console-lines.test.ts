import { describe, expect, it } from 'vitest'

import { consoleLines } from '../../../src/presentation/console-lines.ts'

describe(consoleLines, () => {
  it('leaves out what moves the cursor and colours, and keeps hostile bytes inert (U01)', () => {
    expect(consoleLines('\u001b[2J\u001b[1;31mred\u001b[0m \u001b]0;title\u0007x\u0001y')).toEqual([
      'red x?y',
    ])
  })

  it('shows what was typed over as it stands in the end', () => {
    expect(consoleLines('vmlinuz... 5%\b\b  \b\b56%\b\b\b   \b\b\bok')).toEqual(['vmlinuz... ok'])
  })

  it('goes back no further than the beginning of the line', () => {
    expect(consoleLines('a\b\b\bb\r\nc')).toEqual(['b', 'c'])
  })
})
