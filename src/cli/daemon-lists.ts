import {
  type MachineList,
  machineListSchema,
  type RunList,
  runListSchema,
} from '../contract/api-documents.ts'
import { workflowListSchema } from '../contract/definition-documents.ts'
import type { Workflow } from '../contract/workflow.ts'
import { askDaemon, type DaemonConnection } from '../operator-client/daemon-request.ts'

/** Every machine that the daemon knows, those out of use too. */
export function readMachines(connection: DaemonConnection): Promise<MachineList> {
  return askDaemon(connection, { path: '/machines?all=true' }, machineListSchema)
}

/** The machines of a selector such as `state=In(ready,failed)&labels.rack=a1`; all of them where there is none. */
export function selectMachines(
  connection: DaemonConnection,
  selector: string | undefined,
  { all = false }: { readonly all?: boolean } = {},
): Promise<MachineList> {
  // A `&` within brackets belongs to the value.
  const conditions = selector === undefined ? [] : selector.split(/&(?![^(]*\))/)
  const query = new URLSearchParams(all ? { all: 'true' } : {})
  for (const condition of conditions) {
    const at = condition.indexOf('=')
    query.append(condition.slice(0, Math.max(at, 0)), condition.slice(at + 1))
  }
  const text = query.toString()
  const path = text === '' ? '/machines' : `/machines?${text}`
  return askDaemon(connection, { path }, machineListSchema)
}

/** Every run that the daemon remembers. */
export function readRuns(connection: DaemonConnection): Promise<RunList> {
  return askDaemon(connection, { path: '/runs' }, runListSchema)
}

/** Every workflow in force. */
export async function readWorkflows(connection: DaemonConnection): Promise<readonly Workflow[]> {
  return (await askDaemon(connection, { path: '/workflows' }, workflowListSchema)).items
}
