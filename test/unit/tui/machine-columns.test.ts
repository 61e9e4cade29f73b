import { describe, expect, it } from 'vitest'

import { nextWriteView } from '../../../src/presentation/write-view.ts'
import { chooseColumns, machineRowText } from '../../../src/tui/machine-columns.ts'
import {
  runningRun,
  sampleMachine,
  sampleProgress,
  sampleTimeMs,
} from '../../fakes/sample-fleet.ts'

const machine = sampleMachine(1)
const namesAt = (columns: number, terminalColumns = columns) =>
  chooseColumns([machine], { columns, terminalColumns }).map((column) => column.name)

describe(chooseColumns, () => {
  it('drops image, then MAC address, then age, as the room shrinks', () => {
    expect(namesAt(100)).toEqual(['name', 'state', 'image', 'stage', 'progress', 'mac', 'age'])
    expect(namesAt(80)).not.toContain('image')
    expect(namesAt(80)).toContain('mac')
    expect(namesAt(60)).not.toContain('mac')
    expect(namesAt(60)).toContain('age')
    expect(namesAt(40)).not.toContain('age')
  })
})

describe(machineRowText, () => {
  const row = {
    machine,
    run: runningRun(1, 2),
    write: nextWriteView(undefined, sampleProgress(), 0),
    mark: { word: 'deploying', tone: 'active' as const },
  }
  const textAt = (width: number, ascii: boolean) => {
    const columns = chooseColumns([machine], { columns: width, terminalColumns: width })
    return machineRowText(row, columns, { ascii, nowMs: sampleTimeMs, width })
  }

  it('is as wide as its list, at any width and in ASCII', () => {
    for (const width of [20, 40, 60, 79, 80, 120, 200]) {
      expect(Array.from(textAt(width, false))).toHaveLength(width)
      expect(textAt(width, true)).toMatch(/^[\u0020-\u007e]*$/)
    }
  })

  it('shows progress as a bar where there is room, else as a number', () => {
    expect(textAt(100, true)).toContain('####---  58%')
    expect(textAt(79, true)).toContain(' 58% ')
    expect(textAt(79, true)).not.toContain('#')
  })
})
