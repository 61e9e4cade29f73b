import type { Command } from 'commander'

import { type Status, statusSchema } from '../contract/status-documents.ts'
import { durationText } from '../presentation/duration-text.ts'
import { runOfMachine } from '../presentation/fleet.ts'
import { shownText } from '../presentation/shown-text.ts'
import { machineMark } from '../presentation/state-mark.ts'
import { factLines, tableLines } from '../presentation/table-text.ts'
import {
  addCommand,
  type CommandLine,
  type CommonOptions,
  connectionOf,
  runs,
} from './command-line.ts'
import { readMachines, readRuns } from './daemon-lists.ts'
import { askDaemon } from '../operator-client/daemon-request.ts'
import { printThing } from './output.ts'

/** `repave status`. */
export function statusCommand(line: CommandLine, program: Command): void {
  addCommand(line, program, {
    words: 'status',
    summary: 'the daemon on one screen: services, counts, machines that need a person',
    examples: ['status', 'status --output json'],
  }).action(
    runs(line, async (options: CommonOptions) => {
      const connection = connectionOf(line, options)
      const status = await askDaemon(connection, { path: '/status' }, statusSchema)
      const { items } = await readMachines(connection)
      const byId = new Map((await readRuns(connection)).items.map((run) => [run.id, run]))
      const troubled = items.flatMap((machine) => {
        const mark = machineMark(machine, runOfMachine({ runs: byId }, machine))
        return mark.tone === 'bad' || mark.tone === 'attention'
          ? [`${machine.name} ${mark.word}`]
          : []
      })
      await printThing(line.world, options.output, {
        kind: 'Status',
        value: status,
        name: status.provisioningUrl,
        lines: statusLines(status, troubled, Date.now()),
      })
      return 0
    }),
  )
}

function statusLines(status: Status, troubled: readonly string[], nowMs: number): string[] {
  const facts = factLines([
    ['version', shownText(status.version)],
    ['running', `for ${durationText(nowMs - status.startedAtMs)}`],
    ['interface', shownText(status.interface)],
    ['address', shownText(status.provisioningUrl, 200)],
    ['machines', String(status.machines)],
    ['images', String(status.images)],
    ['attention', troubled.length === 0 ? 'none needed' : troubled.join(', ')],
  ])
  const servers = status.servers.map((server) => [
    shownText(server.name),
    shownText(server.endpoint),
    Object.entries(server.counters)
      .map(([name, count]) => `${shownText(name, 40)} ${count}`)
      .join(', '),
  ])
  return [...facts, '', ...tableLines(['SERVER', 'ENDPOINT', 'COUNTERS'], servers)]
}
