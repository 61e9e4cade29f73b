import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { parseMacAddress } from '../../../../../../src/base/mac-address.ts'
import type { Machine } from '../../../../../../src/contract/machine.ts'
import {
  factsOfInventory,
  usableSerial,
  usableUuid,
} from '../../../../../../src/daemon/domain/machine/identity/identity-facts.ts'
import { judgeIdentity } from '../../../../../../src/daemon/domain/machine/identity/judge-identity.ts'
import { inventoryWith } from '../../../../../fakes/scripted-agent.ts'

interface Box {
  readonly macs: readonly number[]
  readonly serial?: string | undefined
  readonly uuid?: string | undefined
}

const uuidOf = (digit: number) => `4c4c4544-0042-3510-8054-00000000000${digit}`
const macOf = (number: number) =>
  parseMacAddress(`525400aabb${number.toString(16).padStart(2, '0')}`)

function inventoryOf({ macs, serial, uuid }: Box) {
  return inventoryWith(macs.map(macOf), {
    ...(serial === undefined ? {} : { serialNumber: serial }),
    ...(uuid === undefined ? {} : { uuid }),
  })
}

function known(name: string, box: Box, changes: Partial<Machine> = {}): Machine {
  return {
    id: `00000000-0000-4000-8000-${name.padStart(12, '0')}`,
    name,
    state: 'ready',
    macAddresses: box.macs.map(macOf),
    onBoot: 'local',
    inventory: inventoryOf(box),
    createdAtMs: 1,
    lastSeenAtMs: 1,
    revision: 0,
    ...changes,
  }
}

/** A record that its boot has just made: an address, and nothing else. */
function newcomer(mac: number, changes: Partial<Machine> = {}): Machine {
  const { inventory: _none, ...machine } = known('99', { macs: [mac] })
  return { ...machine, foundBy: 'network', ...changes }
}

const judge = (box: Box, owner: Machine, ...others: Machine[]) =>
  judgeIdentity({
    claim: factsOfInventory(inventoryOf(box), macOf(box.macs[0] ?? 0)),
    owner,
    others,
  })

const first: Box = { macs: [1, 2], serial: 'SN-1', uuid: uuidOf(1) }

describe(judgeIdentity, () => {
  it('P01: one that has the UUID of another and other cards is in conflict, whatever its serial number', () => {
    for (const serial of [undefined, 'SN-1', 'SN-9', 'To Be Filled By O.E.M.']) {
      const box = { macs: [9], serial, uuid: uuidOf(1) }
      const verdict = judge(box, newcomer(9), known('1', first))
      expect(verdict).toMatchObject({
        kind: 'conflict',
        conflict: { kind: 'resembles', others: [{ machineName: '1' }] },
      })
    }
  })

  it('P01: a UUID that two machines have whom a person told apart tells nobody apart any more', () => {
    const uuid = uuidOf(1)
    const twins = [known('1', first), known('2', { macs: [3], serial: 'SN-2', uuid })]
    expect(judge({ macs: [9], serial: 'SN-9', uuid }, newcomer(9), ...twins)).toEqual({
      kind: 'new',
    })
    const doubtful = known('3', { macs: [4], uuid }, { conflict: {} as never })
    const [only] = twins
    expect(judge({ macs: [9], uuid }, newcomer(9), only!, doubtful).kind).toBe('conflict')
  })

  it('P02: a UUID or serial number that nobody has programmed is none', () => {
    for (const uuid of [
      '00000000-0000-0000-0000-000000000000',
      'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF',
      '03000200-0400-0500-0006-000700080009',
      '12345678-1234-5678-90AB-CDDEEFAABBCC',
      'fefefefe-fefe-fefe-fefe-fefefefefefe',
      'Not Settable',
      '',
    ]) {
      expect(usableUuid(uuid), uuid).toBeUndefined()
    }
    for (const serial of [
      ...['To Be Filled By O.E.M.', 'to be filled by o.e.m. ', 'Default string', '0123456789'],
      ...[
        'System Serial Number',
        'Not Specified',
        'N/A',
        '........',
        'xxxxxxxx',
        '0000000',
        '',
        ' ',
      ],
    ]) {
      expect(usableSerial(serial), serial).toBeUndefined()
    }
    expect(usableSerial(' CZ1234XYZ ')).toBe('CZ1234XYZ')
    expect(usableUuid('4C4C4544-0042-3510-8054-B4C04F564232')).toBe(
      '4c4c4544-0042-3510-8054-b4c04f564232',
    )
    const bad = { serial: 'To Be Filled By O.E.M.', uuid: '03000200-0400-0500-0006-000700080009' }
    const verdict = judge({ macs: [9], ...bad }, newcomer(9), known('1', { macs: [1], ...bad }))
    expect(verdict).toEqual({ kind: 'new' })
  })

  it('P02: is the same after an update of its firmware and without one of its cards', () => {
    const owner = known('1', first)
    expect(judge({ ...first, uuid: uuidOf(7) }, owner)).toMatchObject({
      kind: 'same',
      changes: [`UUID ${uuidOf(1)} is now ${uuidOf(7)}`],
    })
    expect(judge({ ...first, macs: [2] }, owner)).toMatchObject({ kind: 'same', changes: [] })
    expect(judge({ macs: [1], uuid: uuidOf(7) }, owner).kind).toBe('same')
    expect(judge({ macs: [1] }, owner).kind).toBe('same')
  })

  it('P02: a likeness without a card in common is for a person to judge', () => {
    expect(judge({ ...first, macs: [9] }, newcomer(9), known('1', first))).toMatchObject({
      kind: 'conflict',
      conflict: {
        because: 'it looks like 1 (same serial number and UUID, other network cards)',
      },
    })
  })

  it('P03: whoever boots by the address of another and shows other facts is in conflict', () => {
    const verdict = judge({ macs: [1], serial: 'SN-9', uuid: uuidOf(9) }, known('1', first))
    expect(verdict).toMatchObject({
      kind: 'conflict',
      conflict: { kind: 'contradicts', others: [] },
    })
    expect(JSON.stringify(verdict)).toContain('other serial number and UUID')
  })

  it('P04: a card in another chassis, and a new board with the old card, are in conflict', () => {
    const second = known('2', { macs: [3, 4], serial: 'SN-2', uuid: uuidOf(2) })
    const moved = judge({ ...first, macs: [3, 1, 2] }, second, known('1', first))
    expect(moved).toMatchObject({
      kind: 'conflict',
      conflict: { kind: 'contradicts', others: [{ machineName: '1' }] },
    })
    const board = judge({ macs: [1, 8], serial: 'SN-8', uuid: uuidOf(8) }, known('1', first))
    expect(board.kind).toBe('conflict')
  })

  it('P04: one of two cards replaced is a change that is told, not a conflict', () => {
    expect(judge({ ...first, macs: [1, 8] }, known('1', first))).toMatchObject({
      kind: 'same',
      changes: ['network card 52:54:00:aa:bb:08 is new'],
    })
  })

  it('P05: is the machine on record that boots from a card nobody knew', () => {
    const machine = known('1', first)
    const box = { ...first, macs: [9, 1, 2] }
    expect(judge(box, newcomer(9), machine)).toMatchObject({ kind: 'same', machine: { name: '1' } })
    const named = newcomer(9, { foundBy: 'operator' })
    expect(judge(box, named, machine).kind).toBe('conflict')
    const disputed = known('1', first, { conflict: {} as never })
    expect(judge(box, newcomer(9), disputed).kind).toBe('conflict')
    const second = known('2', { macs: [3, 4], serial: 'SN-2' })
    const both = { ...first, macs: [9, 1, 2, 3] }
    expect(judge(both, newcomer(9), machine, second).kind).toBe('conflict')
  })

  it('P06: one that is like nobody is new', () => {
    const box = { macs: [9], serial: 'SN-9', uuid: uuidOf(9) }
    expect(judge(box, newcomer(9), known('1', first))).toEqual({ kind: 'new' })
    expect(judge(box, newcomer(9))).toEqual({ kind: 'new' })
  })

  it('leaves out the cards that wander, and the addresses that are none', () => {
    const inventory = inventoryWith(['52:54:00:aa:bb:01', '52:54:00:aa:bb:02', '01:00:5e:00:00:01'])
    const [card] = inventory.networkInterfaces
    const wandering = { ...card!, macAddress: macOf(7), driver: 'cdc_ether', bootedFrom: false }
    const facts = factsOfInventory({
      ...inventory,
      networkInterfaces: [...inventory.networkInterfaces, wandering],
    })
    expect(facts.macAddresses).toEqual(['52:54:00:aa:bb:01', '52:54:00:aa:bb:02'])
  })

  it('never takes one machine for another by a likeness alone, and never forgets a machine as it was', () => {
    const box = fc.record({
      macs: fc.uniqueArray(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 }),
      serial: fc.constantFrom(undefined, 'SN-1', 'SN-2', 'Default string'),
      uuid: fc.constantFrom(undefined, uuidOf(1), uuidOf(2)),
    })
    fc.assert(
      fc.property(box, box, (one, two) => {
        const machine = known('1', one)
        expect(judge(one, machine).kind).toBe('same')
        const shared = two.macs.some((mac) => one.macs.includes(mac))
        const verdict = judge(two, newcomer(two.macs[0] ?? 0), machine)
        if (!shared) expect(verdict.kind).not.toBe('same')
        const asOwner = judge(two, machine)
        const isOther = one.serial === 'SN-1' && two.serial === 'SN-2' && one.uuid !== two.uuid
        if (isOther) expect(asOwner.kind).toBe('conflict')
      }),
    )
  })
})
