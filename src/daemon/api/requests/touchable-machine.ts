import type { FastifyRequest } from 'fastify'

import type { Machine } from '../../../contract/machine.ts'
import { mayTouch } from '../../domain/access/caller.ts'
import type { OperatorServices } from '../operator-services.ts'
import { callerOf } from './principal.ts'
import { ResourceNotFoundError } from './problem.ts'

/**
 * The machine that a request names, where the caller may know of it.
 *
 * @throws {ResourceNotFoundError} where there is none, and just so where it is another's
 */
export async function touchableMachine(
  request: FastifyRequest,
  reference: string,
  machines: OperatorServices['machines'],
): Promise<Machine> {
  const machine = await machines.findMachine(reference)
  if (machine !== undefined && mayTouch(callerOf(request), machine)) return machine
  throw new ResourceNotFoundError(`no machine is called ${reference}`, {
    remedy: 'repave machine list',
  })
}
