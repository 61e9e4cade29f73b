import { describe, expect, test } from 'vitest'

import type { Disk, Machine } from '../../../../../src/contract/machine.ts'
import { workflowSchema } from '../../../../../src/contract/workflow.ts'
import { choiceForbidden } from '../../../../../src/daemon/domain/workflow/disk-choice.ts'
import { approvalOf, previewRun } from '../../../../../src/daemon/domain/workflow/preview-run.ts'
import { nodeSecrets } from '../../../../../src/daemon/process/node-secrets.ts'
import { planLines } from '../../../../../src/presentation/plan-lines.ts'
import { blankContents, sampleDisk } from '../../../../fakes/sample-disk.ts'
import { machine, uuid } from './run-fixtures.ts'

const workflow = workflowSchema.parse({
  name: 'deploy',
  stages: [{ name: 'choose', tasks: [{ name: 'choose', action: 'select-disk' }] }],
})

const withDisks = (disks: Disk[], systemUuid?: string): Machine => ({
  ...machine,
  inventory: {
    firmwareMode: 'uefi',
    arch: 'x86_64',
    system: systemUuid === undefined ? {} : { uuid: systemUuid },
    cpu: { model: 'any', logicalCores: 1 },
    memoryBytes: 1,
    disks,
    networkInterfaces: [],
    kernelRelease: '6.1',
  },
})

const preview = (of: Machine, machines: Machine[] = [of]) =>
  previewRun(
    of,
    { workflow, params: {}, frozenParams: { over: {}, stages: {}, under: {} } },
    { nowMs: 1000, machines, imageBytes: 2 ** 20, secrets: nodeSecrets },
  )

describe('previewRun', () => {
  test('says that the disks of a machine that never booted are not known', () => {
    const plan = preview(machine)
    expect(plan).toMatchObject({ disks: [], problem: { code: 'ERR_DISK_NOT_SELECTED' } })
    expect(planLines(plan).join('\n')).toContain('has not shown its disks yet')
  })

  test('names no disk where two match, and the one where a protected disk leaves one (X01, X06)', () => {
    const disks = [sampleDisk(), sampleDisk({ name: 'vdb', path: '/dev/vdb', serial: 'DISK-2' })]
    expect(preview(withDisks(disks)).disk).toBeUndefined()
    const plan = preview({ ...withDisks(disks), protectedDisks: ['DISK-1'] })
    expect(plan.disk?.serial).toBe('DISK-2')
    expect(planLines(plan).join('\n')).toContain('protected on this machine (DISK-1)')
  })

  test('shows what lies on the disk, inert', () => {
    const signatures = [{ kind: 'ext4', label: 'ro\u001bot' }]
    const partition = { number: 1, name: 'system', type: 'x', sizeBytes: 2 ** 30, signatures }
    const contents = { ...blankContents, partitionTable: 'gpt' as const, partitions: [partition] }
    const lines = planLines(preview(withDisks([sampleDisk({ contents })]))).join('\n')
    expect(lines).toContain('replaced  /dev/vda  4.0 GiB  serial DISK-1')
    expect(lines).toContain('gpt partition table')
    expect(lines).toContain('1  system  1.0 GiB  ext4 "ro?ot"')
  })

  test('names the disk that nobody has read, and says that it is read before it is chosen', () => {
    const { contents: _contents, ...unread } = sampleDisk()
    const plan = preview(withDisks([unread]))
    expect(plan.disk?.serial).toBe('DISK-1')
    expect(planLines(plan).join('\n')).toContain('to see it now: repave machine run discover')
    const mounted = preview(withDisks([{ ...unread, inUseBy: ['mounted'] }]))
    expect(mounted).toMatchObject({ problem: { code: 'ERR_DISK_NOT_SELECTED' } })
  })

  test('has another digest when the disk is another one, and the same when only its name is (X07)', () => {
    const digest = (change: Partial<Disk>) => preview(withDisks([sampleDisk(change)])).digest
    expect(digest({ serial: 'OTHER' })).not.toBe(digest({}))
    expect(digest({ sizeBytes: 2 ** 33 })).not.toBe(digest({}))
    expect(digest({ name: 'vdz', path: '/dev/vdz' })).toBe(digest({}))
  })

  test('agrees to the content only where that was asked for (X09)', () => {
    expect(approvalOf(sampleDisk())).not.toHaveProperty('fingerprint')
    expect(approvalOf(sampleDisk(), true).fingerprint).toBe(blankContents.fingerprint)
  })
})

describe('choiceForbidden', () => {
  test('refuses both of two machines that may be one, until they are told apart (X08)', () => {
    const own = withDisks([])
    const others = [{ machineId: own.id, machineName: own.name, because: 'same UUID' }]
    const claim = { macAddresses: [] }
    const conflict = { kind: 'resembles', because: 'it looks like it', claim, others, atMs: 1 }
    const twin: Machine = {
      ...{ ...own, id: uuid(77), name: 'twin' },
      conflict: { ...conflict, kind: 'resembles' },
    }
    const world = (...machines: Machine[]) => ({ nowMs: 1000, machines })
    expect(choiceForbidden({}, own, world(own, twin))?.code).toBe('ERR_MACHINE_IN_CONFLICT')
    expect(choiceForbidden({}, twin, world(own, twin))?.code).toBe('ERR_MACHINE_IN_CONFLICT')
    expect(choiceForbidden({}, own, world(own))).toBeUndefined()
    const retired = { ...twin, retirement: { by: 'operator:a', atMs: 1 } }
    expect(choiceForbidden({}, own, world(own, retired))).toBeUndefined()
  })

  test('refuses a run that was ordered too long ago (X10)', () => {
    const world = { nowMs: 1001, machines: [] }
    expect(choiceForbidden({ armedUntilMs: 1000 }, machine, world)?.code).toBe('ERR_RUN_STALE')
    expect(choiceForbidden({ armedUntilMs: 1001 }, machine, world)).toBeUndefined()
  })
})
