import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { z } from 'zod'

import { MEBIBYTE } from '../../../src/base/byte-size.ts'
import { eventListSchema, runListSchema } from '../../../src/contract/api-documents.ts'
import { type Machine, machineSchema } from '../../../src/contract/machine.ts'
import { machineHistorySchema } from '../../../src/contract/machine-actions.ts'
import { type Run, runSchema } from '../../../src/contract/run.ts'
import { askDaemon } from '../../../src/operator-client/daemon-request.ts'
import {
  type DaemonProcess,
  startDaemon,
  stopDaemon,
} from '../../../src/simulator/demo/daemon-process.ts'
import { findFreePorts } from '../../../src/simulator/demo/free-ports.ts'
import { importDiskImage } from '../../../src/simulator/demo/import-disk-image.ts'
import { makeDiskImage } from '../../../src/simulator/demo/make-disk-image.ts'
import { planMachine } from '../../../src/simulator/machine/machine-plan.ts'
import { diskFileOf } from '../../../src/simulator/machine/simulated-hardware.ts'
import { usualPace } from '../../../src/simulator/machine/simulated-machine.ts'
import { SimulatedRack } from '../../../src/simulator/simulated-rack.ts'

const imageName = 'small-os'
const imageBytes = 12 * MEBIBYTE
const patienceMs = 100_000
const shippedWorkflow = join(import.meta.dirname, '../../../workflows/deploy-image/workflow.yaml')

let directory: string
let daemon: DaemonProcess
let rack: SimulatedRack

const plans = (folder: string) =>
  (['none', 'none', 'never-calls-home', 'boots-in-a-loop'] as const).map((fault, index) =>
    planMachine(index, { directory: folder, diskBytes: 48 * MEBIBYTE, fault }),
  )
let [known, stranger, silent, looping] = plans('')

/** What the operator writes: a rule for one serial number, and a workflow with little patience. */
function writeContent(folder: string): void {
  const rule = {
    name: 'web',
    when: { 'inventory.system.serialNumber': known?.serialNumber ?? '' },
    set: {
      name: 'web-{{ number }}',
      labels: { pool: 'web' },
      workflow: 'deploy-image',
      workflowParams: { imageName },
    },
    approval: 'required',
    maxCount: 1,
  }
  const impatient = readFileSync(shippedWorkflow, 'utf8')
    .replace('name: deploy-image', 'name: deploy-impatient')
    .replace('timeoutSeconds: 1800', 'timeoutSeconds: 3')
  for (const [path, text] of [
    ['rules/web/rule.yaml', JSON.stringify(rule)],
    ['workflows/deploy-impatient/workflow.yaml', impatient],
  ] as const) {
    mkdirSync(join(folder, path, '..'), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'repave-machines-'))
  ;[known, stranger, silent, looping] = plans(join(directory, 'machines'))
  const contentDirectory = join(directory, 'content')
  writeContent(contentDirectory)
  const ports = await findFreePorts()
  const image = join(directory, 'small-os.raw')
  await makeDiskImage(image, { sizeBytes: imageBytes, contentBytes: 8 * MEBIBYTE })
  daemon = await startDaemon({ directory, ports, contentDirectory })
  await importDiskImage(daemon.connection, { name: imageName, version: '1', file: image })
  const pace = { ...usualPace, firmwareMs: 100, kernelMs: 100, systemMs: 100, scriptSecondMs: 20 }
  rack = await SimulatedRack.build({
    ...{ plans: [known!, stranger!, silent!, looping!], ports, pace },
    say: (name, line) => appendFileSync(join(directory, 'consoles.log'), `${name}: ${line}\n`),
  })
}, patienceMs)

afterAll(async () => {
  await rack[Symbol.asyncDispose]()
  await stopDaemon(daemon, 'SIGKILL')
  rmSync(directory, { recursive: true, force: true })
})

const ask = <Value>(path: string, schema: z.ZodType<Value>) =>
  askDaemon(daemon.connection, { path }, schema)
const machineAt = (mac: string) => ask(`/machines/${mac}`, machineSchema)
const change = (method: 'POST' | 'PATCH', path: string, body: object) =>
  askDaemon(daemon.connection, { method, path, body }, machineSchema)

/** Asks until it is so. */
async function until<Value>(
  read: () => Promise<Value>,
  isSo: (value: Value) => boolean,
): Promise<Value> {
  const deadlineMs = performance.now() + patienceMs - 10_000
  for (;;) {
    const value = await read().catch(() => undefined)
    if (value !== undefined && isSo(value)) return value
    if (performance.now() > deadlineMs) throw new Error(`still ${JSON.stringify(value)}`)
    await Promise.race([sleep(100), rack.failed])
  }
}

const inState = (mac: string, state: Machine['state']) =>
  until(
    () => machineAt(mac),
    (machine) => machine.state === state,
  )

async function order(machine: string, workflow: string): Promise<Run> {
  const body = { machine, workflow, params: { imageName } }
  return askDaemon(daemon.connection, { method: 'POST', path: '/runs', body }, runSchema)
}

async function flipByteOfDisk(offset: number): Promise<void> {
  await using disk = await open(diskFileOf(known!), 'r+')
  const { buffer } = await disk.read(Buffer.alloc(1), 0, 1, offset)
  buffer[0] = (buffer[0] ?? 0) ^ 0xff
  await disk.write(buffer, 0, 1, offset)
}

describe('two unknown machines are racked', () => {
  it(
    'one is classified by its serial number into a workflow with approval, approved over the API, and deployed',
    async () => {
      rack.powerOn(known!)
      rack.powerOn(stranger!)
      const waiting = await inState(known!.macAddress, 'pending-approval')
      expect(waiting).toMatchObject({
        name: 'web-1',
        labels: { pool: 'web' },
        approval: { because: 'rule web wants it approved', order: { workflow: 'deploy-image' } },
      })
      const other = await inState(stranger!.macAddress, 'ready')
      expect(other).toMatchObject({ classification: { rules: [] } })
      expect((await ask('/runs', runListSchema)).items).toEqual([])
      await change('POST', '/machines/web-1/approve', { note: 'ordered in May' })
      expect(await inState(known!.macAddress, 'deployed')).toMatchObject({
        imageName,
        approval: { approved: { note: 'ordered in May' } },
      })
      const { items } = await ask('/machines/web-1/history', machineHistorySchema)
      expect(items).toMatchObject([
        {
          workflow: 'deploy-image',
          state: 'succeeded',
          receiptDigest: expect.stringMatching(/^sha256:/),
        },
      ])
      expect(await machineAt(stranger!.macAddress)).toMatchObject({ state: 'ready' })
    },
    patienceMs,
  )

  it(
    'rebooted with onBoot reprovision after bytes on its disk changed, it comes back to its image, and the drift is counted',
    async () => {
      await change('PATCH', '/machines/web-1', { onBoot: 'reprovision' })
      await rack.powerOff(known!)
      await flipByteOfDisk(6 * MEBIBYTE)
      rack.powerOn(known!)
      const { drift } = await until(
        () => machineAt('web-1'),
        (machine) => machine.state === 'deployed' && machine.drift !== undefined,
      )
      expect(drift).toMatchObject({ reprovisions: 1, corrections: 1 })
      expect(drift?.lastBytesDifferent).toBeGreaterThan(0)
      const [last] = (await ask('/machines/web-1/history', machineHistorySchema)).items
      expect(last).toMatchObject({ workflow: 'reprovision', state: 'succeeded' })
      const { items } = await ask('/events?since=0&limit=1000', eventListSchema)
      const told = items.filter(({ type }) => type === 'machine').map(({ action }) => action)
      expect(told).toEqual(
        expect.arrayContaining(['classified', 'approval-pending', 'approved', 'drift']),
      )
      await using disk = await open(diskFileOf(known!), 'r')
      await using image = await open(join(directory, 'small-os.raw'), 'r')
      const read = async (file: typeof disk) => {
        const bytes = Buffer.alloc(4 * MEBIBYTE)
        await file.read(bytes, 0, bytes.length, 4 * MEBIBYTE)
        return bytes
      }
      expect((await read(disk)).equals(await read(image))).toBe(true)
    },
    patienceMs,
  )

  it(
    'a machine that never calls home ends failed with the reason, within its timeout',
    async () => {
      rack.powerOn(silent!)
      const { name } = await inState(silent!.macAddress, 'ready')
      const { id } = await order(name, 'deploy-impatient')
      const run = await until(
        () => ask(`/runs/${id}`, runSchema),
        ({ state }) => state === 'failed',
      )
      expect(run.failure).toMatchObject({ code: 'ERR_TASK_TIMEOUT' })
      const last = run.tasks.at(-1)
      expect(last?.task.name).toBe('await-phone-home')
      const waitedMs = (run.endedAtMs ?? 0) - (last?.startedAtMs ?? 0)
      expect(waitedMs).toBeGreaterThanOrEqual(3000)
      expect(waitedMs).toBeLessThan(13_000)
    },
    patienceMs,
  )

  it(
    'a machine that reboots in a loop is held on its sixth boot',
    async () => {
      rack.powerOn(looping!)
      const { name, id } = await inState(looping!.macAddress, 'ready')
      await order(name, 'deploy-image')
      await inState(looping!.macAddress, 'held')
      const { items } = await ask('/events?since=0&limit=1000', eventListSchema)
      const targets = items
        .filter(
          ({ type, machineId, body }) =>
            type === 'boot' && machineId === id && !JSON.stringify(body['target']).includes('/'),
        )
        .map(({ body }) => body['target'])
      const firstHold = targets.indexOf('hold')
      expect(firstHold).toBeGreaterThan(4)
      const run = (await ask('/runs', runListSchema)).items.find(
        ({ machineId }) => machineId === id,
      )
      expect(run).toMatchObject({ state: 'held', failure: { code: 'ERR_BOOT_LOOP' } })
      expect(run?.failure?.message).toContain('booted 6 times')
    },
    patienceMs,
  )
})
