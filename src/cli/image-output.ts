import { formatByteSize } from '../base/byte-size.ts'
import type { Image } from '../contract/api-documents.ts'
import type { CommandLine, CommonOptions } from './command-line.ts'
import { printThing } from './output.ts'

/** One image in the wanted format; `lines` are what people read. */
export function printImage(
  line: CommandLine,
  options: CommonOptions,
  image: Image,
  lines: readonly string[],
): Promise<void> {
  const { world } = line
  return printThing(world, options.output, { kind: 'Image', value: image, name: image.name, lines })
}

/** `debian-12  2.0 GiB  stored in 300 MiB  sha256:…` */
export function importedLine(image: Image): string {
  return `${image.name}  ${formatByteSize(image.rawBytes)}  stored in ${formatByteSize(image.packBytes)}  ${image.digest}`
}
