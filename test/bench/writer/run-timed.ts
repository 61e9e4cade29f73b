import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'

export interface TimedRun {
  readonly seconds: number
  readonly stdout: string
}

/** Runs a line of bash, from its start to its end. @throws {Error} when any part of a pipe fails */
export async function runTimed(line: string): Promise<TimedRun> {
  const startedMs = performance.now()
  const child = spawn('bash', ['-o', 'pipefail', '-c', line], { stdio: ['ignore', 'pipe', 'pipe'] })
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number]>,
  ])
  if (code !== 0) throw new Error(`${line}: ended with ${code}\n${stderr.slice(-2000)}`)
  return { seconds: (performance.now() - startedMs) / 1000, stdout }
}
