import { machineSchema } from '../contract/machine.ts'
import { type Run, runSchema } from '../contract/run.ts'
import { type RunPlan, runPlanSchema } from '../contract/run-plan.ts'
import { askDaemon, type DaemonConnection } from '../operator-client/daemon-request.ts'
import { planLines } from '../presentation/plan-lines.ts'
import { type Deployment, machineVerb, type Order, orderCommands } from './order.ts'
import type { Confirmation } from './screen-state.ts'

/**
 * Has the daemon say what deployments would do, and returns the question to the person.
 *
 * @throws {DaemonProblemError} when it refuses one of them
 */
export async function planDeployments(
  connection: DaemonConnection,
  deployments: readonly Deployment[],
): Promise<Confirmation> {
  const plans = await Promise.all(
    deployments.map((deployment) =>
      askDaemon(
        connection,
        { method: 'POST', path: '/plans', body: runBody(deployment) },
        runPlanSchema,
      ),
    ),
  )
  const agreed = deployments.map((deployment, index) => ({
    ...deployment,
    ...heldTo(plans[index]),
  }))
  const [first] = deployments
  const one = deployments.length === 1 && first !== undefined
  return {
    title: one
      ? `This replaces ${first.machine.imageName ?? 'the disk'} on ${first.machine.name}`
      : `This replaces the disks of ${deployments.length} machines`,
    lines: plans.flatMap((plan) => [...planLines(plan), '']),
    order: { verb: 'deploy', deployments: agreed },
    expected: one ? first.machine.name : `deploy ${deployments.length}`,
    typed: '',
  }
}

/** A run is held to the disk that the person saw. */
function heldTo(plan: RunPlan | undefined): Pick<Deployment, 'plan'> {
  return plan?.disk === undefined ? {} : { plan: plan.digest }
}

function runBody({ machine, workflow, params, plan }: Deployment): object {
  return { machine: machine.id, workflow, params, ...(plan === undefined ? {} : { plan }) }
}

/**
 * Carries an order out, one thing after the other.
 *
 * @returns the command lines that would have done the same
 * @throws {DaemonProblemError} when the daemon refuses; what stands before in the order is done
 */
export async function placeOrder(connection: DaemonConnection, order: Order): Promise<string[]> {
  const post = (path: string, body: object): Promise<Run> =>
    askDaemon(connection, { method: 'POST', path, body }, runSchema)
  if (order.verb === 'deploy') {
    for (const deployment of order.deployments) await post('/runs', runBody(deployment))
    return orderCommands(order)
  }
  const body = order.note === undefined ? {} : { note: order.note }
  if ('machines' in order) {
    for (const { id } of order.machines) {
      const path = `/machines/${id}/${machineVerb(order.verb)}`
      await askDaemon(connection, { method: 'POST', path, body }, machineSchema)
    }
  } else {
    for (const { id } of order.runs) await post(`/runs/${id}/${order.verb}`, body)
  }
  return orderCommands(order)
}
