import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { MEBIBYTE } from '../../../src/base/byte-size.ts'
import { bundleAgent } from '../../../src/sledgehammer/bundle-agent.ts'
import { startNginx } from '../start-nginx.ts'
import { benchFolder } from './bench-images.ts'

/** Where the bench writes from and to: a server on loopback, a disk, and our writer as one file. */
export interface BenchPlace extends AsyncDisposable {
  /** Without a slash at the end; serves what lies in {@link benchFolder}. */
  readonly url: string
  /** A loop device with direct I/O, all of whose file was written before. */
  readonly disk: string
  /** Takes image, disk, digest and words of `repave write`; prints its peak memory. With the nursery that they have. */
  readonly writer: string
}

export async function openBenchPlace(diskBytes: number): Promise<BenchPlace> {
  const directory = mkdtempSync(join(benchFolder, 'place-'))
  const writerFile = join(directory, 'writer.cjs')
  writeFileSync(writerFile, await bundleAgent(join(import.meta.dirname, 'writer-process.ts')))
  const file = join(directory, 'disk')
  const size = [`bs=4M`, `count=${Math.ceil(diskBytes / (4 * MEBIBYTE))}`]
  execFileSync('dd', ['if=/dev/zero', `of=${file}`, ...size, 'conv=fsync', 'status=none'])
  const attach = ['--find', '--show', '--direct-io=on', file]
  const disk = execFileSync('losetup', attach, { encoding: 'utf8' }).trim()
  const server = await startNginx(
    (port) => `server { listen 127.0.0.1:${port}; root ${benchFolder}; }`,
  )
  return {
    url: server.url,
    ...{ disk, writer: `${process.execPath} --max-semi-space-size=1 ${writerFile}` },
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]()
      execFileSync('losetup', ['--detach', disk])
      rmSync(directory, { recursive: true })
    },
  }
}
