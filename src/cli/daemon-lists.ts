import {
  type MachineList,
  machineListSchema,
  type RunList,
  runListSchema,
} from '../contract/api-documents.ts'
import { askDaemon, type DaemonConnection } from '../operator-client/daemon-request.ts'

/** Every machine that the daemon knows. */
export function readMachines(connection: DaemonConnection): Promise<MachineList> {
  return askDaemon(connection, { path: '/machines' }, machineListSchema)
}

/** Every run that the daemon remembers. */
export function readRuns(connection: DaemonConnection): Promise<RunList> {
  return askDaemon(connection, { path: '/runs' }, runListSchema)
}
