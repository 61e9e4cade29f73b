import { readFile } from 'node:fs/promises'

import { expect, it } from 'vitest'

import { runListSchema } from '../../../src/contract/api-documents.ts'
import { type Run, runSchema } from '../../../src/contract/run.ts'
import { askDaemon } from '../../../src/operator-client/daemon-request.ts'
import { diskFileOf } from '../../../src/simulator/machine/simulated-hardware.ts'
import { openSimulatedSite } from '../../fakes/simulated-site.ts'

it('a machine that is decommissioned has only zeros on its disk, and is off', async () => {
  await using site = await openSimulatedSite(['none'])
  const [plan] = site.plans
  if (plan === undefined) throw new Error('no machine')
  const { connection } = site.daemon
  const isZero = async () => (await readFile(diskFileOf(plan))).every((byte) => byte === 0)
  const until = async (id: string, state: Run['state']): Promise<Run> => {
    const read = () => askDaemon(connection, { path: `/runs/${id}` }, runSchema)
    await expect.poll(async () => (await read()).state).toBe(state)
    return read()
  }
  const order = (body: object) =>
    askDaemon(connection, { method: 'POST', path: '/runs', body }, runSchema)

  site.rack.powerOn(plan)
  const { items } = await askDaemon(connection, { path: '/runs' }, runListSchema)
  await until(items[0]?.id ?? '', 'succeeded')
  expect(await isZero()).toBe(false)
  await site.rack.powerOff(plan)
  const { id } = await order({ machine: plan.name, workflow: 'decommission' })
  site.rack.powerOn(plan)
  const { disks } = await until(id, 'waiting-approval')
  expect(disks?.map(({ serial }) => serial)).toEqual([plan.diskSerial])
  expect(await isZero()).toBe(false)
  const approval = { method: 'POST', path: `/runs/${id}/approve`, body: {} } as const
  await askDaemon(connection, approval, runSchema)
  const { wipe } = await until(id, 'succeeded')
  expect(wipe?.disks).toMatchObject([
    { serial: plan.diskSerial, way: 'zero', bytesReadBack: plan.diskBytes },
  ])
  expect(await isZero()).toBe(true)
})
