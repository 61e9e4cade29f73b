import type { Readable, Writable } from 'node:stream'

/** The world as a command sees it. */
export interface CliWorld {
  /** Data, and nothing else. */
  readonly stdout: Writable & { readonly isTTY?: boolean }
  /** Everything that is not data. */
  readonly stderr: Writable & { readonly isTTY?: boolean }
  readonly stdin: Readable & { readonly isTTY?: boolean }
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly isRoot: boolean
  /** Aborts when the person interrupts. */
  readonly signal: AbortSignal
}

/** This process, with `signal` to say when it is interrupted. */
export function processWorld(signal: AbortSignal): CliWorld {
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    stdin: process.stdin,
    environment: process.env,
    isRoot: process.getuid?.() === 0,
    signal,
  }
}

export function writeLines(stream: Writable, lines: Iterable<string>): void {
  for (const line of lines) stream.write(`${line}\n`)
}
