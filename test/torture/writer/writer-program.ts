import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'

import { bundleAgent } from '../../../src/sledgehammer/bundle-agent.ts'
import type { ImageServer } from '../../fakes/image-server.ts'
import type { SignedImage } from '../../fakes/signed-image.ts'

export interface WriterRun {
  readonly child: ChildProcess
  readonly ended: Promise<WriterEnd>
}

export interface WriterEnd {
  /** It said that the image is on the disk and proven. */
  readonly succeeded: boolean
  /** The code of the failure it named; absent when it was killed. */
  readonly errorCode: string | undefined
  readonly output: string
}

/** `repave write` in one bundled file, as machines run it. */
export interface WriterProgram extends AsyncDisposable {
  start(path: string, server: ImageServer, image: SignedImage, words?: readonly string[]): WriterRun
}

export async function prepareWriter(): Promise<WriterProgram> {
  const folder = await mkdtemp(join(tmpdir(), 'torture-'))
  const file = join(folder, 'writer.cjs')
  // Where the bundle looks for native code, as beside the agent in sledgehammer.
  await symlink(join(import.meta.dirname, '../../../node_modules'), join(folder, 'node_modules'))
  await writeFile(
    file,
    await bundleAgent(join(import.meta.dirname, '../../fakes/bundled-write-process.ts')),
  )
  return {
    start: (path, server, image, words = []) => {
      const source = server.url + server.manifestPath
      const argv = [file, source, path, '--digest', image.imageDigest, '--yes', ...words]
      const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'pipe'] })
      const ended = (async () => {
        const [stdout, stderr, [code]] = await Promise.all([
          text(child.stdout),
          text(child.stderr),
          once(child, 'close') as Promise<[number | null]>,
        ])
        return {
          succeeded: code === 0 && stdout.includes('proven'),
          errorCode: /ERR_\w+/.exec(stderr)?.[0],
          output: stdout + stderr,
        }
      })()
      return { child, ended }
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  }
}
