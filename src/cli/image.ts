import type { Command } from 'commander'

import { formatByteSize } from '../base/byte-size.ts'
import type { Image } from '../contract/api-documents.ts'
import type { ChecksumVerdict } from '../contract/import-provenance.ts'
import { durationText } from '../presentation/duration-text.ts'
import { shownText } from '../presentation/shown-text.ts'
import { factLines } from '../presentation/table-text.ts'
import { writeLines } from './cli-world.ts'
import {
  addChange,
  addCommand,
  type CommandLine,
  type CommonOptions,
  connectionOf,
  runs,
} from './command-line.ts'
import { confirmByName, isAgreed } from './confirm.ts'
import { askDaemon, noContent } from '../operator-client/daemon-request.ts'
import { addExportCommand } from './image-archive.ts'
import { addCareCommands } from './image-care.ts'
import { addDiffCommand } from './image-diff.ts'
import { addHistoryCommand, originText, stateText } from './image-history.ts'
import { addImportCommand } from './image-import-command.ts'
import { printImage } from './image-output.ts'
import { findImage, imagePath, readImages } from './image-reference.ts'
import { addListVerb } from './list-verb.ts'

/** `repave image …`. */
export function imageCommands(line: CommandLine, program: Command): void {
  const image = program
    .command('image')
    .description('images: list, show, history, diff, import, export, verify, rm, gc, scrub')
  addListCommand(line, image)
  addShowCommand(line, image)
  addHistoryCommand(line, image)
  addDiffCommand(line, image)
  addImportCommand(line, image)
  addExportCommand(line, image)
  addRemoveCommand(line, image)
  addCareCommands(line, image)
  image.addHelpText(
    'after',
    '\nExamples:\n  repave image list\n  repave image import debian-12.raw',
  )
}

function addListCommand(line: CommandLine, parent: Command): void {
  addListVerb<Image>(line, parent, {
    summary: 'every image',
    examples: ['image list', 'image list --output name'],
    topics: ['image.*.*'],
    read: async (connection) => ({
      kind: 'ImageList',
      items: await readImages(connection),
      nameOf: (image) => image.name,
      columns: [
        ['NAME', (image) => image.name],
        ['VERSION', (image) => shownText(image.version)],
        ['SIZE', (image) => formatByteSize(image.rawBytes)],
        ['STORED', (image) => formatByteSize(image.packBytes)],
        ['STATE', stateText],
        ['DIGEST', (image) => image.digest.slice(0, 'sha256:'.length + 16)],
        ['IMPORTED', (image) => new Date(image.importedAtMs).toISOString().slice(0, 19), 'wide'],
        ['RAW DIGEST', (image) => image.rawDigest, 'wide'],
      ],
    }),
  })
}

function addShowCommand(line: CommandLine, parent: Command): void {
  addCommand(line, parent, {
    words: 'show <image>',
    summary: 'one image: digests and sizes',
    examples: ['image show debian-12', 'image show debian-12 --output json'],
  }).action(
    runs(line, async (name: string, options: CommonOptions) => {
      const image = await findImage(connectionOf(line, options), name)
      await printImage(line, options, image, imageLines(image, Date.now()))
      return 0
    }),
  )
}

function addRemoveCommand(line: CommandLine, parent: Command): void {
  addChange(line, parent, {
    words: 'rm <image>',
    summary: 'forget an image, or with NAME@VERSION one version of it',
    examples: ['image rm debian-12', 'image rm debian-12@20261101 --yes'],
  })
    .option('--yes', 'do not ask', false)
    .action(
      runs(line, async (name: string, options: CommonOptions & { yes: boolean }) => {
        const connection = connectionOf(line, options)
        const image = await findImage(connection, name)
        const isWhole = name === image.name
        const shown = isWhole
          ? `the image ${name}`
          : `version ${shownText(image.version)} of ${image.name}`
        if (!isAgreed(options)) {
          const what = isWhole ? `${shown} with all its versions` : shown
          await confirmByName(line.world, image.name, `This removes ${what}`)
        }
        const path = imagePath(name)
        await askDaemon(connection, { method: 'DELETE', path }, noContent)
        writeLines(line.world.stderr, [`${shown} is removed; repave image gc frees its bytes`])
        return 0
      }),
    )
}

function imageLines(image: Image, nowMs: number): string[] {
  return factLines([
    ['image', `${image.name}  version ${shownText(image.version)}`],
    ['digest', image.digest],
    ['raw digest', image.rawDigest],
    ['size', `${image.rawBytes} bytes (${formatByteSize(image.rawBytes)})`],
    ['stored', `${image.packBytes} bytes (${formatByteSize(image.packBytes)})`],
    ['chunks', `${image.chunks}, ${image.zeroChunks} of them zero`],
    ...(image.verity === undefined ? [] : [['verity root', image.verity.rootHash] as const]),
    [
      'state',
      image.quarantineReason === undefined
        ? stateText(image)
        : `quarantined: ${shownText(image.quarantineReason, 200)}`,
    ],
    ...provenanceFacts(image),
    ['imported', `${durationText(nowMs - image.importedAtMs)} ago`],
  ])
}

function provenanceFacts(image: Image): (readonly [string, string])[] {
  const { provenance, importedBy } = image
  if (provenance === undefined) return []
  const { formats, sourceBytes, sourceDigest, checksum, rawChecksum, paddedBytes } = provenance
  return [
    [
      'from',
      `${originText(image)}  ${formats.toReversed().join(' in ')}, ${formatByteSize(sourceBytes)}`,
    ],
    ['source digest', sourceDigest],
    ['checksum', checksumText(checksum)],
    ...(rawChecksum.kind === 'verified'
      ? ([['raw checksum', checksumText(rawChecksum)]] as const)
      : []),
    ...(paddedBytes === 0 ? [] : ([['padded', `${paddedBytes} zeros behind its end`]] as const)),
    ['imported by', shownText(importedBy)],
  ]
}

function checksumText(verdict: ChecksumVerdict): string {
  return verdict.kind === 'verified'
    ? `verified ${verdict.checksum}`
    : 'not given: nobody vouched for what came'
}
