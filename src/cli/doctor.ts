import type { Command } from 'commander'

import { statusSchema } from '../contract/status-documents.ts'
import { askDaemon } from '../operator-client/daemon-request.ts'
import { type Finding, networkFindings } from '../presentation/network-findings.ts'
import { shownText } from '../presentation/shown-text.ts'
import {
  addCommand,
  type CommandLine,
  type CommonOptions,
  connectionOf,
  runs,
} from './command-line.ts'
import { exitCodes } from './exit-code.ts'
import { printThing } from './output.ts'
import { readSubnets } from './subnet.ts'

/** `repave doctor`: ends with 1 when something stands in the way. */
export function doctorCommand(line: CommandLine, program: Command): void {
  addCommand(line, program, {
    words: 'doctor',
    summary: 'what stands in the way of network boot, and what helps',
    examples: ['doctor', 'doctor --output json'],
  }).action(
    runs(line, async (options: CommonOptions) => {
      const connection = connectionOf(line, options)
      const status = await askDaemon(connection, { path: '/status' }, statusSchema)
      const findings = networkFindings(status, await readSubnets(connection))
      await printThing(line.world, options.output, {
        kind: 'Diagnosis',
        value: { items: findings },
        name: findings.some(isTrouble) ? 'trouble' : 'well',
        lines: findings.flatMap(findingLines),
      })
      return findings.some(isTrouble) ? exitCodes.failed : exitCodes.done
    }),
  )
}

function isTrouble({ level }: Finding): boolean {
  return level === 'fault'
}

function findingLines({ level, found, remedy }: Finding): string[] {
  const mark = { well: 'ok   ', notice: 'note ', fault: 'FAULT' }[level]
  const lines = [`${mark}  ${shownText(found, 200)}`]
  return remedy === undefined ? lines : [...lines, `       ${shownText(remedy, 200)}`]
}
