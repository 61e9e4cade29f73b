import type { Machine } from '../../../../../src/contract/machine.ts'
import { diskSchema, machineSchema } from '../../../../../src/contract/machine.ts'
import type { Run } from '../../../../../src/contract/run.ts'
import { workflowSchema } from '../../../../../src/contract/workflow.ts'
import { planRun } from '../../../../../src/daemon/domain/workflow/plan-run.ts'
import type { RunContext } from '../../../../../src/daemon/domain/workflow/run-step.ts'

export const uuid = (number: number) =>
  `00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`

export const bootA = uuid(0xa)
export const bootB = uuid(0xb)

export const machine: Machine = machineSchema.parse({
  id: uuid(1),
  name: 'node-1',
  state: 'ready',
  macAddresses: ['52:54:00:00:00:01'],
  onBoot: 'local',
  createdAtMs: 1,
  lastSeenAtMs: 1,
  revision: 0,
})

export const disk = diskSchema.parse({
  name: 'vda',
  path: '/dev/vda',
  sizeBytes: 8 * 2 ** 30,
  logicalSectorBytes: 512,
  physicalSectorBytes: 512,
  serial: 'disk-1',
  transport: 'virtio',
  rotational: false,
  removable: false,
  readOnly: false,
  inUseBy: [],
})

/** Not a real one: the reducer carries it, the engine checks it. */
export const receipt = {
  receipt: '{}',
  digest: `sha256:${'0'.repeat(64)}` as never,
  signature: 'AAAA',
  publicKey: 'AAAA',
}

export const retrying = { attempts: 3, backoffSeconds: 2 }

export const deployTasks = [
  { name: 'inventory', action: 'inventory', retry: retrying },
  { name: 'select-disk', action: 'select-disk' },
  { name: 'write-image', action: 'write-image', timeoutSeconds: 3600, retry: retrying },
  { name: 'write-seed', action: 'write-seed' },
  { name: 'reboot', action: 'reboot', timeoutSeconds: 300 },
  { name: 'await', action: 'await-phone-home', timeoutSeconds: 1800 },
]

export function runWith(tasks: readonly object[], recovery: readonly object[] = []): Run {
  const stages = [{ name: 'all', tasks }]
  const workflow = workflowSchema.parse({ name: 'test', stages, recovery })
  const params = { imageName: 'debian-12' }
  return planRun({ id: uuid(2), machine, workflow, params, nowMs: 1000 })
}

let lastId = 0x1000
/** A context whose attempt id is new with every call. */
export function context(changes: Partial<RunContext> = {}): RunContext {
  return { nowMs: 2000, freshId: uuid(++lastId), agentBootId: bootA, ...changes }
}

export function contextWithoutAgent(nowMs = 2000): RunContext {
  return { nowMs, freshId: uuid(++lastId) }
}
