import { createInterface } from 'node:readline/promises'

import type { CliWorld } from './cli-world.ts'
import { NotConfirmedError } from './errors.ts'

/** Whether nobody has to be asked: they have said so, or nothing will be changed. */
export function isAgreed(options: { readonly yes: boolean; readonly dryRun?: boolean }): boolean {
  return options.yes || options.dryRun === true
}

/**
 * Has the person type `name` before something is destroyed.
 *
 * @param warning one sentence: what is lost
 * @throws {NotConfirmedError} when it is not typed, or nobody is there to type it
 */
export async function confirmByName(world: CliWorld, name: string, warning: string): Promise<void> {
  if (world.stdin.isTTY !== true || world.stderr.isTTY !== true) {
    throw new NotConfirmedError(`${warning}, and nobody is here to confirm it`, {
      remedy: 'say --yes when that is what you want',
    })
  }
  const question = createInterface({ input: world.stdin, output: world.stderr })
  try {
    const answer = await question.question(`${warning}. Type ${name} to go on: `, {
      signal: world.signal,
    })
    if (answer.trim() !== name) throw new NotConfirmedError(`not confirmed: ${name} is untouched`)
  } finally {
    question.close()
  }
}
