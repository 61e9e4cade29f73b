import { createReadStream, createWriteStream } from 'node:fs'
import { open, rename, rm, stat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'

import type { Command } from 'commander'

import { formatByteSize } from '../base/byte-size.ts'
import { messageOf } from '../base/coded-error.ts'
import { type Image, imageSchema } from '../contract/api-documents.ts'
import { shownText } from '../presentation/shown-text.ts'
import {
  addCommand,
  type CommandLine,
  type CommonOptions,
  connectionOf,
  runs,
} from './command-line.ts'
import { writeLines } from './cli-world.ts'
import {
  checkedAnswer,
  type DaemonConnection,
  readJson,
  sendRequest,
} from '../operator-client/daemon-request.ts'
import { FileUnusableError } from './errors.ts'
import { findImage, imagePath } from './image-reference.ts'

/** First bytes of an exported image. */
const magic = 'repave-image/1 '

/** `repave image export`: one image as one file, for where there is no network. */
export function addExportCommand(line: CommandLine, parent: Command): void {
  addCommand(line, parent, {
    words: 'export <image> <file>',
    summary: 'write an image into one file, which "repave image import" takes elsewhere',
    examples: [
      'image export debian-12 debian-12.repave',
      'image export debian-12@20261101 /media/usb/debian-12.repave',
    ],
  }).action(
    runs(line, async (reference: string, file: string, options: CommonOptions) => {
      const connection = connectionOf(line, options)
      const image = await findImage(connection, reference)
      const path = `${imagePath(image.digest)}/archive`
      const answer = await sendRequest(connection, { path, end: (query) => query.end() })
      const draft = `${file}.part`
      try {
        await pipeline(answer, createWriteStream(draft))
        await rename(draft, file)
      } catch (thrown) {
        await rm(draft, { force: true })
        const reason = `cannot export to ${file}: ${messageOf(thrown)}`
        throw new FileUnusableError(reason, { cause: thrown })
      }
      const { size } = await stat(file)
      const name = `${image.name}@${shownText(image.version)}`
      writeLines(line.world.stdout, [`${file}  ${name}  ${formatByteSize(size)}  ${image.digest}`])
      return 0
    }),
  )
}

/** Whether a file is an exported image, by its first bytes. */
export async function isExportedImage(file: string): Promise<boolean> {
  const handle = await open(file).catch(() => undefined)
  if (handle === undefined) return false
  try {
    if (!(await handle.stat()).isFile()) return false
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(magic.length), 0, magic.length, 0)
    return buffer.toString('latin1', 0, bytesRead) === magic
  } finally {
    await handle.close()
  }
}

/** Gives an exported image to the daemon, which checks and stores it under its own name. */
export async function importExportedImage(
  connection: DaemonConnection,
  file: string,
): Promise<Image> {
  const { size } = await stat(file)
  const answer = await sendRequest(connection, {
    method: 'POST',
    path: '/images/archive',
    headers: { 'content-type': 'application/octet-stream', 'content-length': size },
    end: (query) => {
      // The answer tells why an upload broke; the broken upload only that it did.
      pipeline(createReadStream(file, { highWaterMark: 1024 * 1024 }), query).catch(
        (thrown: unknown) => {
          query.destroy(thrown instanceof Error ? thrown : new Error(String(thrown)))
        },
      )
    },
  })
  return checkedAnswer(imageSchema, await readJson(answer))
}
