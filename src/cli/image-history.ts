import type { Command } from 'commander'

import { formatByteSize } from '../base/byte-size.ts'
import { imageHistorySchema } from '../contract/image-documents.ts'
import type { Image } from '../contract/api-documents.ts'
import { shownText } from '../presentation/shown-text.ts'
import {
  addCommand,
  type CommandLine,
  type CommonOptions,
  connectionOf,
  runs,
} from './command-line.ts'
import { askDaemon } from '../operator-client/daemon-request.ts'
import { findImage, imagePath } from './image-reference.ts'
import { printList } from './output.ts'

/** `repave image history`: the versions of a name, what they came from, and who has them. */
export function addHistoryCommand(line: CommandLine, parent: Command): void {
  addCommand(line, parent, {
    words: 'history <image>',
    summary: 'every version of an image, newest first, and the machines that hold it',
    examples: ['image history debian-12', 'image history debian-12 --output json'],
  }).action(
    runs(line, async (reference: string, options: CommonOptions) => {
      const connection = connectionOf(line, options)
      const { name } = await findImage(connection, reference)
      const path = `${imagePath(name)}/history`
      const { items } = await askDaemon(connection, { path }, imageHistorySchema)
      await printList(line.world, options, {
        kind: 'ImageHistory',
        items,
        nameOf: (image) => `${image.name}@${image.version}`,
        columns: [
          ['VERSION', (image) => shownText(image.version)],
          ['IMPORTED', (image) => new Date(image.importedAtMs).toISOString().slice(0, 19)],
          ['BY', (image) => shownText(image.importedBy)],
          ['FROM', (image) => originText(image)],
          ['STORED', (image) => formatByteSize(image.packBytes)],
          ['STATE', (image) => stateText(image)],
          ['DIGEST', (image) => image.digest.slice(0, 'sha256:'.length + 16)],
          ['DEPLOYED ON', (image) => image.deployedOn.join(',') || '-'],
        ],
      })
      return 0
    }),
  )
}

/** What an image was imported from, in a few words. */
export function originText({ provenance }: Image): string {
  if (provenance === undefined) return '-'
  const { origin } = provenance
  if (origin.kind === 'file') return shownText(origin.name)
  return origin.kind === 'url' ? shownText(origin.url) : origin.kind
}

/** `ready`, or what is to be known before it is deployed. */
export function stateText({ state, signature }: Image): string {
  if (state === 'quarantined') return state
  return signature === 'unsigned' ? signature : state
}
