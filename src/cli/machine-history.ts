import type { Command } from 'commander'

import { formatByteSize } from '../base/byte-size.ts'
import { type HistoryEntry, machineHistorySchema } from '../contract/machine-actions.ts'
import { askDaemon } from '../operator-client/daemon-request.ts'
import { durationText } from '../presentation/duration-text.ts'
import { shortId, shownText } from '../presentation/shown-text.ts'
import {
  addCommand,
  type CommandLine,
  type CommonOptions,
  connectionOf,
  runs,
} from './command-line.ts'
import { printList } from './output.ts'

/** `repave machine history`: every run with its receipt and how long it took. */
export function addHistoryCommand(line: CommandLine, parent: Command): void {
  addCommand(line, parent, {
    words: 'history <machine>',
    summary: 'what was done to a machine: every run, its receipt, how long it took',
    examples: ['machine history node-1', 'machine history node-1 --output json'],
  }).action(
    runs(line, async (reference: string, options: CommonOptions) => {
      const path = `/machines/${encodeURIComponent(reference)}/history`
      const { items } = await askDaemon(connectionOf(line, options), { path }, machineHistorySchema)
      await printList<HistoryEntry>(line.world, options, {
        kind: 'MachineHistory',
        items,
        nameOf: ({ runId }) => runId,
        columns: [
          ['RUN', ({ runId }) => shortId(runId)],
          ['WORKFLOW', ({ workflow }) => workflow],
          ['STATE', ({ state }) => state],
          ['IMAGE', ({ imageName }) => shownText(imageName, 60, '-')],
          ['BEGAN', ({ createdAtMs }) => new Date(createdAtMs).toISOString().slice(0, 19)],
          ['TOOK', ({ durationMs }) => (durationMs === undefined ? '-' : durationText(durationMs))],
          [
            'WRITTEN',
            ({ bytesWritten }) => (bytesWritten === undefined ? '-' : formatByteSize(bytesWritten)),
          ],
          ['RECEIPT', ({ receiptDigest }) => receiptDigest?.slice(0, 19) ?? '-'],
          ['DISK', ({ diskSerial }) => shownText(diskSerial, 40, '-'), 'wide'],
          ['FAILURE', ({ failure }) => shownText(failure?.message, 200, '-'), 'wide'],
        ],
      })
      return 0
    }),
  )
}
