import { type Digest, readDigest } from '../../src/base/digest.ts'
import { parseMacAddress } from '../../src/base/mac-address.ts'
import { canonicalJson } from '../../src/contract/canonical-json.ts'
import type { NewEvent } from '../../src/contract/event.ts'
import type { Disk, Inventory, Machine } from '../../src/contract/machine.ts'
import type { Receipt } from '../../src/contract/receipt.ts'
import type { Run, RunTask, WriteProgress } from '../../src/contract/run.ts'
import { taskSchema } from '../../src/contract/workflow.ts'

/** 2026-01-02 03:04:05 UTC: when sample machines and runs begin. */
export const sampleTimeMs = 1_767_323_045_000

const gibibyte = 1024 ** 3

/** An id that tells its number: `00000001-0000-4000-8000-0000000000aa`. */
export function sampleId(number: number, kind: 'aa' | 'bb' | 'cc' = 'aa'): string {
  return `${String(number).padStart(8, '0')}-0000-4000-8000-0000000000${kind}`
}

export function sampleDigest(digit: string): Digest {
  const digest = readDigest(`sha256:${digit.repeat(64)}`)
  if (digest === undefined) throw new RangeError(`not a hex digit: ${digit}`)
  return digest
}

export const sampleDisk: Disk = {
  name: 'vda',
  path: '/dev/vda',
  sizeBytes: 10 * gibibyte,
  logicalSectorBytes: 512,
  physicalSectorBytes: 512,
  serial: 'DISK-1',
  transport: 'virtio',
  rotational: false,
  removable: false,
  readOnly: false,
  inUseBy: [],
}

export const sampleInventory: Inventory = {
  firmwareMode: 'uefi',
  arch: 'x86_64',
  system: { manufacturer: 'QEMU', productName: 'Standard PC', serialNumber: 'SERIAL-1' },
  cpu: { model: 'QEMU Virtual CPU', logicalCores: 2 },
  memoryBytes: 4 * gibibyte,
  disks: [sampleDisk],
  networkInterfaces: [],
  kernelRelease: '6.1.0',
}

/** `node-<number>`, deploying, with run <number>. */
export function sampleMachine(number: number, change: Partial<Machine> = {}): Machine {
  return {
    id: sampleId(number),
    name: `node-${number}`,
    state: 'deploying',
    macAddresses: [parseMacAddress(`525400aa${(0xbb00 + number).toString(16)}`)],
    onBoot: 'local',
    inventory: sampleInventory,
    runId: sampleId(number, 'bb'),
    createdAtMs: sampleTimeMs,
    lastSeenAtMs: sampleTimeMs,
    revision: 1,
    ...change,
  }
}

/** One task of a sample run, named after its action. */
export function sampleTask(stage: string, action: string, change: Partial<RunTask> = {}): RunTask {
  const task = taskSchema.parse({ name: action, action, retry: { attempts: 3 } })
  return { stage, task, state: 'pending', attempts: 0, ...change }
}

/** A run that deploys `debian-12` in four stages, queued. */
export function sampleRun(number: number, change: Partial<Run> = {}): Run {
  return {
    id: sampleId(number, 'bb'),
    machineId: sampleId(number),
    machineName: `node-${number}`,
    workflow: 'deploy-image',
    params: { imageName: 'debian-12' },
    state: 'queued',
    tasks: [
      sampleTask('discover', 'inventory'),
      sampleTask('discover', 'select-disk'),
      sampleTask('write', 'write-image'),
      sampleTask('finish', 'reboot'),
      sampleTask('finish', 'await-phone-home'),
    ],
    taskIndex: 0,
    createdAtMs: sampleTimeMs,
    revision: 1,
    ...change,
  }
}

/** A run whose first `done` tasks have succeeded, two seconds each, and whose next is under way. */
export function runningRun(number: number, done: number, change: Partial<Run> = {}): Run {
  const begun = sampleRun(number)
  const tasks = begun.tasks.map((task, index): RunTask => {
    const startedAtMs = sampleTimeMs + index * 2000
    if (index < done) {
      return {
        ...task,
        state: 'succeeded',
        attempts: 1,
        startedAtMs,
        endedAtMs: startedAtMs + 2000,
      }
    }
    if (index === done) return { ...task, state: 'running', attempts: 1, startedAtMs }
    return task
  })
  const state = 'running'
  const startedAtMs = sampleTimeMs
  return {
    ...begun,
    state,
    tasks,
    taskIndex: done,
    startedAtMs,
    disk: sampleDisk,
    revision: done + 2,
    ...change,
  }
}

/** A run that has ended well, with its receipt. */
export function succeededRun(number: number): Run {
  const { tasks } = sampleRun(number)
  return runningRun(number, tasks.length, {
    state: 'succeeded',
    endedAtMs: sampleTimeMs + 12_000,
    receipt: {
      receipt: canonicalJson({ ...sampleReceipt(number), disk: { ...sampleReceipt(number).disk } }),
      digest: sampleDigest('c'),
      signature: 'c2ln',
      publicKey: 'a2V5',
    },
    revision: 20,
  })
}

/** A run that has ended badly in its write. */
export function failedRun(number: number): Run {
  const failure = { code: 'ERR_DISK_WRITE', message: 'the disk said no', retryable: false }
  const run = runningRun(number, 2)
  const tasks = run.tasks.map((task, index): RunTask =>
    index === 2 ? { ...task, state: 'failed', endedAtMs: sampleTimeMs + 9000, failure } : task,
  )
  return { ...run, tasks, state: 'failed', failure, endedAtMs: sampleTimeMs + 9000, revision: 20 }
}

function sampleReceipt(number: number): Receipt {
  return {
    format: 'repave-receipt/1',
    machineId: sampleId(number),
    runId: sampleId(number, 'bb'),
    attemptId: sampleId(number, 'cc'),
    imageName: 'debian-12',
    imageDigest: sampleDigest('a'),
    rawDigest: sampleDigest('b'),
    rawBytes: 2 * gibibyte,
    disk: { path: '/dev/vda', serial: 'DISK-1', sizeBytes: 10 * gibibyte },
    bytesWritten: 2 * gibibyte,
    bytesReadBack: 2 * gibibyte,
    bytesFetched: 300 * 1024 ** 2,
    chunksRefetched: 0,
    startedAtMs: sampleTimeMs,
    writeMs: 7000,
    readBackMs: 2000,
    agentVersion: '0.1.0',
  }
}

export function sampleProgress(change: Partial<WriteProgress> = {}): WriteProgress {
  return {
    phase: 'write',
    doneBytes: Math.floor(1.28 * gibibyte),
    totalBytes: Math.floor(2.2 * gibibyte),
    fetchedBytes: 104 * 1024 ** 2,
    bytesPerSecond: 312 * 1024 ** 2,
    chunksRefetched: 0,
    ...change,
  }
}

/** The event that tells of a change of `run`. */
export function runEvent(run: Run, action: string, body: Record<string, unknown> = {}): NewEvent {
  return {
    timeMs: run.endedAtMs ?? sampleTimeMs + run.revision * 1000,
    type: 'run',
    action,
    key: run.id,
    principal: 'daemon',
    machineId: run.machineId,
    runId: run.id,
    // JSON.parse drops members that are undefined, as the daemon's store does.
    body: JSON.parse(JSON.stringify({ ...body, run })) as NewEvent['body'],
  }
}
