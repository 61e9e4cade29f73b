import { type Command, InvalidArgumentError, Option } from 'commander'

import { cpuArchs } from '../base/cpu-arch.ts'
import type { Image } from '../contract/api-documents.ts'
import type { ImageImportQuery } from '../contract/image-import.ts'
import { importFormats } from '../contract/import-provenance.ts'
import {
  addChange,
  type CommandLine,
  type CommonOptions,
  connectionOf,
  runs,
} from './command-line.ts'
import { writeLines } from './cli-world.ts'
import type { DaemonConnection } from '../operator-client/daemon-request.ts'
import { UsageError } from './errors.ts'
import { importExportedImage, isExportedImage } from './image-archive.ts'
import { type ImageSource, importImage, type ImportWishes } from './image-import.ts'
import { readImageLabel } from './image-label.ts'
import { importedLine, printImage } from './image-output.ts'
import { readImages } from './image-reference.ts'
import { ImportProgressPrinter } from './import-progress.ts'
import { progressOption, type ProgressOptions, progressStyle } from './progress-style.ts'

interface ImportOptions extends CommonOptions, ProgressOptions {
  readonly name?: string
  readonly version?: string
  readonly arch?: ImageImportQuery['arch']
  readonly format?: ImageImportQuery['format']
  readonly opaque: boolean
  readonly sectorSize?: '512' | '4096'
  readonly sha256?: string
  readonly sha512?: string
  readonly rawSha256?: string
  readonly rawSha512?: string
  readonly ifMissing: boolean
}

/** `repave image import`: a file, an address or standard input becomes an image. */
export function addImportCommand(line: CommandLine, parent: Command): void {
  const command = addChange(line, parent, {
    words: 'import <source>',
    summary: 'store a disk image from a file, a URL, or "-" for standard input',
    examples: [
      'image import debian-12.raw',
      'image import https://example.org/debian-12.qcow2 --name debian-12 --sha512 0c5e…',
      'image import - --name web --version 20261101 < disk.raw.xz',
    ],
  })
    .option('--name <name>', 'what it is to be called (default: as it was built)')
    .option('--version <version>', 'which one it is (default: as it was built, else 1)')
    .addOption(new Option('--arch <arch>', 'processor it is for').choices(cpuArchs))
    .option('--if-missing', 'do nothing when there is an image of that name', false)
    .addOption(
      new Option('--format <format>', 'what it must be (default: as its content says)').choices(
        importFormats,
      ),
    )
    .addOption(progressOption())
    .option('--opaque', 'the bytes are the disk, whatever they look like', false)
    .addOption(
      new Option('--sector-size <bytes>', 'of the disks it is for').choices(['512', '4096']),
    )
  for (const [name, bits, what] of checksumOptions) {
    command.option(`--${name} <hex>`, `sha${bits} of ${what}`, readHex(bits))
  }
  command.action(
    runs(line, (source: string, options: ImportOptions) => runImport(line, source, options)),
  )
}

const checksumOptions = [
  ['sha256', 256, 'the file as it comes'],
  ['sha512', 512, 'the file as it comes'],
  ['raw-sha256', 256, 'the raw disk inside'],
  ['raw-sha512', 512, 'the raw disk inside'],
] as const

/** Weaker checksums than these prove nothing. */
function readHex(bits: 256 | 512): (text: string) => string {
  return (text) => {
    const hex = text.toLowerCase().replace(new RegExp(`^sha${bits}:`), '')
    if (/^[0-9a-f]+$/.test(hex) && hex.length === bits / 4) return hex
    throw new InvalidArgumentError(`a sha${bits} has ${bits / 4} hex digits.`)
  }
}

async function runImport(line: CommandLine, text: string, options: ImportOptions): Promise<number> {
  const connection = connectionOf(line, options)
  const source = sourceOf(line, text)
  if (source.kind === 'file' && (await isExportedImage(source.path))) {
    const image = await importExportedImage(connection, source.path)
    await printImage(line, options, image, [importedLine(image)])
    return 0
  }
  const wishes = await wishesOf(source, options)
  const present = options.ifMissing ? await findByName(connection, wishes['name']) : undefined
  if (present !== undefined) {
    writeLines(line.world.stderr, [`image ${wishes['name']} is there already`])
    await printImage(line, options, present, [importedLine(present)])
    return 0
  }
  const { stderr, environment } = line.world
  const printer = new ImportProgressPrinter(stderr, progressStyle(options, stderr, environment))
  const image = await importImage(connection, {
    ...{ source, wishes },
    onProgress: (progress) => printer.show(progress, performance.now()),
  }).finally(() => printer.finish())
  await printImage(line, options, image, [importedLine(image)])
  return 0
}

function sourceOf({ world }: CommandLine, text: string): ImageSource {
  if (text === '-') return { kind: 'stdin', stream: world.stdin }
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(text)
    ? { kind: 'url', url: text }
    : { kind: 'file', path: text }
}

/** @throws {UsageError} when the image would have no name, or two checksums */
async function wishesOf(source: ImageSource, options: ImportOptions): Promise<ImportWishes> {
  const label = source.kind === 'file' ? await readImageLabel(source.path) : undefined
  const { name = label?.name, version = label?.version ?? '1', arch, format, sectorSize } = options
  if (name === undefined) {
    throw new UsageError('the image needs a name', { remedy: '--name NAME' })
  }
  const checksum = checksumOf(options.sha256, options.sha512)
  const rawChecksum = checksumOf(options.rawSha256, options.rawSha512)
  return {
    ...{ name, version },
    ...(label?.verity === undefined ? {} : { verity: JSON.stringify(label.verity) }),
    ...(arch === undefined ? {} : { arch }),
    ...(format === undefined ? {} : { format }),
    ...(options.opaque ? { opaque: 'true' } : {}),
    ...(sectorSize === undefined ? {} : { sectorBytes: sectorSize }),
    ...(checksum === undefined ? {} : { checksum }),
    ...(rawChecksum === undefined ? {} : { rawChecksum }),
  }
}

function checksumOf(sha256?: string, sha512?: string): string | undefined {
  if (sha256 !== undefined && sha512 !== undefined) {
    throw new UsageError('one checksum of the same bytes is enough')
  }
  if (sha256 !== undefined) return `sha256:${sha256}`
  return sha512 === undefined ? undefined : `sha512:${sha512}`
}

async function findByName(connection: DaemonConnection, name?: string): Promise<Image | undefined> {
  return (await readImages(connection)).find((image) => image.name === name)
}
