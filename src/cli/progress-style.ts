import { Option } from 'commander'

import type { CliWorld } from './cli-world.ts'

/** How a long action is followed: bars that are redrawn, plain lines, or its outcome alone. */
export type ProgressStyle = 'tty' | 'plain' | 'none'

export interface ProgressOptions {
  readonly progress: ProgressStyle | 'auto'
}

export function progressOption(): Option {
  return new Option('--progress <style>', 'how it is followed')
    .choices(['auto', 'tty', 'plain', 'none'])
    .default('auto')
}

/** What `auto` means: bars where `stream` is a terminal that can move its cursor. */
export function progressStyle(
  { progress }: ProgressOptions,
  stream: CliWorld['stdout'],
  environment: CliWorld['environment'],
): ProgressStyle {
  if (progress !== 'auto') return progress
  return stream.isTTY === true && environment['TERM'] !== 'dumb' ? 'tty' : 'plain'
}
