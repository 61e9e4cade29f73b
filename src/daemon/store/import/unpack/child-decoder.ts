import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'

import { inertText } from '../../../../base/ascii.ts'
import { GIBIBYTE, MEBIBYTE } from '../../../../base/byte-size.ts'
import { ImageDamagedError, ImportToolMissingError } from '../errors.ts'
import { feedInto } from './feed-into.ts'

interface Decoder {
  readonly packageName: string
  readonly command: readonly [string, ...string[]]
}

/** Memory that a stream may ask for; `xz -9` needs 65 MiB a thread. */
const xzMemoryBytes = 128 * MEBIBYTE
const xzThreads = Math.min(4, availableParallelism())

const decoders: Readonly<Record<'xz' | 'bzip2', Decoder>> = {
  xz: {
    packageName: 'xz-utils',
    command: [
      'xz',
      '--decompress',
      '--stdout',
      '--format=xz',
      `--threads=${xzThreads}`,
      `--memlimit-decompress=${xzMemoryBytes}`,
      `--memlimit-mt-decompress=${4 * xzMemoryBytes}`,
    ],
  },
  bzip2: { packageName: 'bzip2', command: ['bzip2', '--decompress', '--stdout'] },
}

const messageBytes = 2000

/**
 * Unpacks xz or bzip2 by the program of that name, as a child with little memory and nothing but its
 * two pipes. Success is an exit code of 0 and silence: bzip2 only warns of garbage behind its end.
 *
 * @throws {ImageDamagedError} when the stream is not whole
 * @throws {ImportToolMissingError} when the program is not installed
 */
export async function* decodeWithChild(
  source: AsyncIterable<Uint8Array>,
  format: 'xz' | 'bzip2',
): AsyncGenerator<Uint8Array> {
  const { packageName, command } = decoders[format]
  const limits = [`--as=${4 * GIBIBYTE}`, '--nofile=64', '--core=0', '--fsize=0']
  const child = spawn('prlimit', [...limits, '--', ...command], {
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const missing = new ImportToolMissingError(format, [packageName, 'util-linux'])
  const exited: Promise<number> = Promise.race([
    once(child, 'close').then(([exitCode]) => Number(exitCode ?? 128)),
    once(child, 'error').then(() => Promise.reject(missing)),
  ])
  exited.catch(() => {})
  let message = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    if (message.length < messageBytes) message += text
  })
  // A child that ends before its input does says why by its exit code.
  child.stdin.on('error', () => feeding.stop())
  const feeding = feedInto(child.stdin, source)
  try {
    yield* child.stdout as AsyncIterable<Uint8Array>
    const exitCode = await exited
    if (exitCode === 127) throw missing
    feeding.stop()
    const { wholly } = await feeding.ended
    if (exitCode !== 0 || message !== '' || !wholly) {
      throw new ImageDamagedError(inertText(message.trim(), messageBytes) || `${format} gave up`)
    }
  } finally {
    feeding.stop()
    child.kill('SIGKILL')
  }
}
