import type { Command } from 'commander'

import { formatByteSize } from '../base/byte-size.ts'
import type { Image } from '../contract/api-documents.ts'
import { durationText } from '../presentation/duration-text.ts'
import { shownText } from '../presentation/shown-text.ts'
import { factLines } from '../presentation/table-text.ts'
import { writeLines } from './cli-world.ts'
import {
  addCommand,
  type CommandLine,
  type CommonOptions,
  connectionOf,
  runs,
} from './command-line.ts'
import { confirmByName } from './confirm.ts'
import { askDaemon, noContent } from './daemon-request.ts'
import { UsageError } from './errors.ts'
import { addExportCommand, importExportedImage, isExportedImage } from './image-archive.ts'
import { addCareCommands } from './image-care.ts'
import { addDiffCommand } from './image-diff.ts'
import { addHistoryCommand, originText, stateText } from './image-history.ts'
import { importImage } from './image-import.ts'
import { readImageLabel } from './image-label.ts'
import { findImage, imagePath, readImages } from './image-reference.ts'
import { ImportProgressPrinter } from './import-progress.ts'
import { addListVerb } from './list-verb.ts'
import { printThing } from './output.ts'

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

interface ImportOptions extends CommonOptions {
  readonly name?: string
  readonly version?: string
  readonly ifMissing: boolean
}

function addImportCommand(line: CommandLine, parent: Command): void {
  addCommand(line, parent, {
    words: 'import <file>',
    summary: 'store a disk image: raw, plain or as gzip or zstd',
    examples: [
      'image import debian-12.raw',
      'image import disk.raw.zst --name web --version 20261101',
    ],
  })
    .option('--name <name>', 'what it is to be called (default: as it was built)')
    .option('--version <version>', 'which one it is (default: as it was built, else 1)')
    .option('--if-missing', 'do nothing when there is an image of that name', false)
    .action(
      runs(line, async (file: string, { ifMissing, ...options }: ImportOptions) => {
        const connection = connectionOf(line, options)
        if (await isExportedImage(file)) {
          const image = await importExportedImage(connection, file)
          await printImage(line, options, image, [importedLine(image)])
          return 0
        }
        const label = await readImageLabel(file)
        const { name = label?.name, version = label?.version ?? '1' } = options
        if (name === undefined) {
          throw new UsageError('the image needs a name', { remedy: '--name NAME' })
        }
        const present = ifMissing
          ? (await readImages(connection)).find((image) => image.name === name)
          : undefined
        if (present !== undefined) {
          writeLines(line.world.stderr, [`image ${name} is there already`])
          await printImage(line, options, present, [importedLine(present)])
          return 0
        }
        const printer = new ImportProgressPrinter(line.world.stderr)
        const image = await importImage(connection, {
          file,
          name,
          version,
          onProgress: (progress) => printer.show(progress, performance.now()),
        }).finally(() => printer.finish())
        await printImage(line, options, image, [importedLine(image)])
        return 0
      }),
    )
}

function addRemoveCommand(line: CommandLine, parent: Command): void {
  addCommand(line, parent, {
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
        if (!options.yes) {
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

function printImage(
  line: CommandLine,
  options: CommonOptions,
  image: Image,
  lines: readonly string[],
): Promise<void> {
  const { world } = line
  return printThing(world, options.output, { kind: 'Image', value: image, name: image.name, lines })
}

function importedLine(image: Image): string {
  return `${image.name}  ${formatByteSize(image.rawBytes)}  stored in ${formatByteSize(image.packBytes)}  ${image.digest}`
}

function imageLines(image: Image, nowMs: number): string[] {
  return factLines([
    ['image', `${image.name}  version ${shownText(image.version)}`],
    ['digest', image.digest],
    ['raw digest', image.rawDigest],
    ['size', `${image.rawBytes} bytes (${formatByteSize(image.rawBytes)})`],
    ['stored', `${image.packBytes} bytes (${formatByteSize(image.packBytes)})`],
    ['chunks', `${image.chunks}, ${image.zeroChunks} of them zero`],
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
  const { formats, sourceBytes, sourceDigest, checksum } = provenance
  return [
    [
      'from',
      `${originText(image)}  ${formats.toReversed().join(' in ')}, ${formatByteSize(sourceBytes)}`,
    ],
    ['source digest', sourceDigest],
    ['checksum', checksum.kind === 'verified' ? `verified ${checksum.checksum}` : 'not given'],
    ['imported by', shownText(importedBy)],
  ]
}
