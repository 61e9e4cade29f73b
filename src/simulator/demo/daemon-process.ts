import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, open, readFile, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

import type { DaemonConnection } from '../../operator-client/daemon-request.ts'
import { DemoDaemonError } from '../errors.ts'
import type { DaemonPorts } from './free-ports.ts'

const program = fileURLToPath(new URL('../../../bin/repave', import.meta.url))
/** Lent to simulated machines: every address of 127.0.0.0/8 is this host's. */
const pool = { first: '127.64.0.1', last: '127.64.255.254' }
/** A second on a machine of its own; a busy one takes its time. */
const startTimeoutMs = 120_000

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
  readonly connection: DaemonConnection
}

/**
 * Starts `repave serve` for machines on the loopback interface and waits until it answers. No right
 * beyond a plain user's is needed.
 *
 * @throws {DemoDaemonError} when it ends, or does not answer in time
 */
export async function startDaemon(place: DaemonPlace): Promise<DaemonProcess> {
  const { directory, ports, contentDirectory } = place
  const { ipxe } = await putStandIns(directory)
  const logFile = join(directory, 'daemon.log')
  await using log = await open(logFile, 'a')
  const settings = [
    ...['--interface', 'lo', '--address', '127.0.0.1', '--data-dir', directory],
    ...['--pool-first', pool.first, '--pool-last', pool.last],
    ...['--dhcp-port', String(ports.dhcp), '--tftp-port', String(ports.tftp)],
    ...['--http-port', String(ports.http), '--ipxe-dir', ipxe, '--log-format', 'json'],
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
  const endpoint = { kind: 'socket', socketPath } as const
  return { child, socketPath, connection: { endpoint, signal: new AbortController().signal } }
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

function answers(socketPath: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const query = request({ socketPath, path: '/healthz', timeout: 2000 }, (response) => {
    response.resume()
    resolve(response.statusCode === 200)
  })
  query.on('error', () => resolve(false))
  query.on('timeout', () => query.destroy())
  query.end()
  return promise
}

/** iPXE's programs by name: a simulated machine that has loaded one runs our reading of iPXE. */
const bootPrograms = ['undionly.kpxe', 'ipxe.pxe', 'snponly.efi', 'ipxe.efi']

/** What simulated machines load. The agent in their sledgehammer is the one in this process. */
async function putStandIns(directory: string): Promise<{ readonly ipxe: string }> {
  const folders = { ipxe: join(directory, 'ipxe'), sledgehammer: join(directory, 'sledgehammer') }
  const files = [
    ...bootPrograms.map((name) => join(folders.ipxe, name)),
    ...['vmlinuz', 'initramfs.zst'].map((name) => join(folders.sledgehammer, name)),
  ]
  for (const folder of Object.values(folders)) await mkdir(folder, { recursive: true })
  const standIn = Buffer.alloc(8192, 'loaded by simulated machines, run by none\n')
  for (const file of files) await writeFile(file, standIn)
  return folders
}
