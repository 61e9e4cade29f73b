import type { Command } from 'commander'

import { formatByteSize } from '../base/byte-size.ts'
import { type ImageDiff, imageDiffSchema } from '../contract/image-documents.ts'
import { shownText } from '../presentation/shown-text.ts'
import { factLines } from '../presentation/table-text.ts'
import {
  addCommand,
  type CommandLine,
  type CommonOptions,
  connectionOf,
  runs,
} from './command-line.ts'
import { askDaemon } from '../operator-client/daemon-request.ts'
import { findImage } from './image-reference.ts'
import { printThing } from './output.ts'

/** `repave image diff`: what lies between two images, on a disk and in the store. */
export function addDiffCommand(line: CommandLine, parent: Command): void {
  addCommand(line, parent, {
    words: 'diff <from> <to>',
    summary: 'what a machine with one image has to be given to hold the other',
    examples: ['image diff debian-12@20261101 debian-12', 'image diff debian-12 web'],
  }).action(
    runs(line, async (from: string, to: string, options: CommonOptions) => {
      const connection = connectionOf(line, options)
      const query = new URLSearchParams({
        from: (await findImage(connection, from)).digest,
        to: (await findImage(connection, to)).digest,
      })
      const path = `/images/diff?${query.toString()}`
      const diff = await askDaemon(connection, { path }, imageDiffSchema)
      await printThing(line.world, options.output, {
        kind: 'ImageDiff',
        value: diff,
        name: `${nameOf(diff.from)}..${nameOf(diff.to)}`,
        lines: diffLines(diff),
      })
      return 0
    }),
  )
}

function nameOf({ name, version }: ImageDiff['from']): string {
  return `${name}@${shownText(version)}`
}

function diffLines(diff: ImageDiff): string[] {
  const { unchangedChunks, unchangedBytes, changedChunks, changedBytes } = diff
  return factLines([
    ['from', `${nameOf(diff.from)}  ${diff.from.digest}`],
    ['to', `${nameOf(diff.to)}  ${diff.to.digest}`],
    ['unchanged', `${unchangedChunks} chunks, ${formatByteSize(unchangedBytes)} of the disk`],
    ['changed', `${changedChunks} chunks, ${formatByteSize(changedBytes)} of the disk`],
    ['to fetch', formatByteSize(diff.fetchBytes)],
    ['shared', `${formatByteSize(diff.sharedStoredBytes)} stored once for both`],
    ['added', `${formatByteSize(diff.ownStoredBytes)} stored for the second alone`],
  ])
}
