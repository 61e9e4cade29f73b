import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

import { type NbdDisk, startNbdServer } from './nbd-server.ts'

const run = promisify(execFile)
const startMs = 60_000

export interface AttachedDisk extends AsyncDisposable {
  /** `/dev/loop…` */
  readonly path: string
  /** What was under way and all that follows fails, as when the disk is torn out. */
  sever(): void
}

/**
 * Makes a disk of our own a block device of this kernel: NBD, seen as a file (nbdfuse), under a loop device
 * with direct I/O, so that no cache of the kernel hides what the disk does. Needs root.
 */
export async function attachNbdDisk(disk: NbdDisk, sectorBytes: 512 | 4096): Promise<AttachedDisk> {
  await using cleanup = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'nbd-'))
  cleanup.defer(() => rm(folder, { recursive: true }))
  const server = cleanup.use(await startNbdServer(disk, join(folder, 'socket')))
  const mountPoint = join(folder, 'mount')
  await mkdir(mountPoint)
  const uri = `nbd+unix:///?socket=${server.socketPath}`
  const fuse = spawn('nbdfuse', [mountPoint, uri], { stdio: ['ignore', 'ignore', 'pipe'] })
  let complaint = ''
  fuse.stderr.on('data', (text: Buffer) => (complaint += text.toString()))
  const ended = once(fuse, 'exit')
  cleanup.defer(async () => {
    // The loop device lets go of the file only when the last who looks at it does; and nbdfuse may have
    // left by itself, with or without its mount, when the disk was severed.
    while (!(await unmounts(mountPoint)) && fuse.exitCode === null) await sleep(20)
    await ended
  })
  const file = join(mountPoint, 'nbd')
  for (const deadline = performance.now() + startMs; !(await exists(file)); await sleep(5)) {
    if (fuse.exitCode !== null || performance.now() > deadline) {
      throw new Error(`nbdfuse did not start: ${complaint}`)
    }
  }
  const options = ['--direct-io=on', '--sector-size', String(sectorBytes)]
  const { stdout } = await run('losetup', ['--find', '--show', ...options, file])
  const path = stdout.trim()
  cleanup.defer(async () => {
    await run('losetup', ['--detach', path])
  })
  const owned = cleanup.move()
  return { path, sever: server.sever, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

/** Beside the event loop, on which the server behind the file runs. */
function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

function unmounts(mountPoint: string): Promise<boolean> {
  return run('fusermount3', ['-u', mountPoint]).then(
    () => true,
    () => false,
  )
}
