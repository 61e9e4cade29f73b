import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'

import { onTestFinished } from 'vitest'

import { runInWorld } from '../../src/cli/main.ts'
import type { NewEvent } from '../../src/contract/event.ts'
import { createOperatorApp } from '../../src/daemon/api/operator-app.ts'
import { StoredImageDesk } from '../../src/daemon/domain/image/stored-image-desk.ts'
import type { TrustedKey } from '../../src/daemon/parts/boot/served-sledgehammer.ts'
import { imageKeys } from '../../src/daemon/parts/images/image-keys.ts'
import { type ImagesOptions, openImages } from '../../src/daemon/parts/images/open-images.ts'
import { MemoryOperatorServices } from './memory-operator-services.ts'
import { realClock } from './real-clock.ts'

export interface ImageDaemonOptions extends ImagesOptions {
  /** Of the socket beside the data directory, where one directory is opened twice. Default: `name`. */
  readonly socketName?: string
}

/**
 * Images on disk in `FOLDER/NAME` with the operators' interface over them and the command line in
 * front of it. Ends with the test.
 */
export async function startImageDaemon(
  folder: string,
  name = 'daemon',
  { socketName = name, ...options }: ImageDaemonOptions = {},
) {
  const directory = join(folder, name)
  const images = await openImages(directory, options)
  const events: NewEvent[] = []
  const memory = new MemoryOperatorServices()
  const sink = { record: (event: NewEvent) => void events.push(event) }
  const desk = new StoredImageDesk({
    ...{ store: images.store, runs: memory.runs, machines: memory.machines },
    ...{ events: sink, clock: realClock },
  })
  const published: (readonly TrustedKey[])[] = []
  const publish = async (keys: readonly TrustedKey[]) => void published.push(keys)
  const services = Object.assign(memory, {
    ...{ images: desk, importer: desk, importSources: images.importSources },
    keys: imageKeys({ images, events: sink, publish }),
  })
  const app = await createOperatorApp(services, 'unix')
  const socket = join(folder, `${socketName}.sock`)
  await app.listen({ path: socket })
  onTestFinished(() => app.close())
  const repaveFed = async (stdin: Readable, ...argv: string[]) => {
    const text = { out: '', err: '' }
    const stdout = new PassThrough().on('data', (part) => (text.out += String(part)))
    const stderr = new PassThrough().on('data', (part) => (text.err += String(part)))
    const exitCode = await runInWorld([...argv, '--socket', socket], {
      ...{ stdout, stderr, stdin, environment: {}, isRoot: true },
      signal: new AbortController().signal,
    })
    return { exitCode, ...text }
  }
  const repave = (...argv: string[]) => repaveFed(Readable.from([]), ...argv)
  const importVersion = (file: string, version: string) =>
    repave('image', 'import', join(folder, file), '--name', 'debian', '--version', version)
  return { directory, images, events, repave, repaveFed, importVersion, published }
}
