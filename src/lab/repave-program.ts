import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** Our own command: the lab speaks to its daemon as a person would. */
export const repaveProgram = fileURLToPath(new URL('../../bin/repave', import.meta.url))

/**
 * Runs `repave ...args` with our own terminal or pipes.
 *
 * @returns its exit code; 1 when a signal ended it
 */
export async function runRepave(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  signal?: AbortSignal,
): Promise<number> {
  const child = spawn(repaveProgram, [...args], {
    stdio: 'inherit',
    env: { ...process.env, ...environment },
    ...(signal === undefined ? {} : { signal }),
  })
  const [code] = (await once(child, 'exit')) as [number | null]
  return code ?? 1
}
