import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, open, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

import { DemoDaemonError } from '../errors.ts'
import { askDaemon } from './ask-daemon.ts'
import type { DaemonPorts } from './free-ports.ts'

const program = fileURLToPath(new URL('../../../bin/repave', import.meta.url))
/** Lent to simulated machines: every address of 127.0.0.0/8 is this host's. */
const pool = { first: '127.64.0.1', last: '127.64.255.254' }
const startTimeoutMs = 30_000

export interface DaemonPlace {
  /** Database, images, log and socket are in it. */
  readonly directory: string
  readonly ports: DaemonPorts
  /** Workflows of one's own. Default none. */
  readonly contentDirectory?: string
}

/** A daemon on the loopback interface, in a process of its own. */
export interface DaemonProcess {
  readonly child: ChildProcess
  readonly socketPath: string
}

/**
 * Starts `repave serve` for machines on the loopback interface and waits until it answers. No right
 * beyond a plain user's is needed.
 *
 * @throws {DemoDaemonError} when it ends, or does not answer in time
 */
export async function startDaemon(place: DaemonPlace): Promise<DaemonProcess> {
  const { directory, ports, contentDirectory } = place
  await putSledgehammer(join(directory, 'sledgehammer'))
  const logFile = join(directory, 'daemon.log')
  await using log = await open(logFile, 'a')
  const settings = [
    ...['--interface', 'lo', '--address', '127.0.0.1', '--data-dir', directory],
    ...['--pool-first', pool.first, '--pool-last', pool.last],
    ...['--dhcp-port', String(ports.dhcp), '--tftp-port', String(ports.tftp)],
    ...['--http-port', String(ports.http), '--log-format', 'json'],
    ...(contentDirectory === undefined ? [] : ['--content', contentDirectory]),
  ]
  const child = spawn(program, ['serve', ...settings], {
    cwd: directory,
    stdio: ['ignore', log.fd, log.fd],
  })
  const socketPath = join(directory, 'api.sock')
  const deadlineMs = performance.now() + startTimeoutMs
  while (!(await answers(socketPath))) {
    const lastWords = async () => (await readFile(logFile, 'utf8')).slice(-2000)
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new DemoDaemonError('the daemon ended', logFile, await lastWords())
    }
    if (performance.now() > deadlineMs) {
      child.kill('SIGKILL')
      throw new DemoDaemonError('the daemon does not answer', logFile, await lastWords())
    }
    await sleep(50)
  }
  return { child, socketPath }
}

/** @param signal SIGTERM unless it is to be torn away without a word */
export async function stopDaemon(
  { child }: Pick<DaemonProcess, 'child'>,
  signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM',
): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill(signal)
  await gone
}

async function answers(socketPath: string): Promise<boolean> {
  const answer = await askDaemon(socketPath, { method: 'GET', path: '/healthz' })
  return answer?.status === 200
}

/** What simulated machines load as kernel and initramfs: the agent in them is the one in this process. */
async function putSledgehammer(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true })
  const note = 'stands for sledgehammer on simulated machines\n'
  await writeFile(join(directory, 'vmlinuz'), note)
  await writeFile(join(directory, 'initramfs.zst'), note)
}
