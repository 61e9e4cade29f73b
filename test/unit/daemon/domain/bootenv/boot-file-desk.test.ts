import { beforeEach, describe, expect, it } from 'vitest'

import { parseIpv4Address } from '../../../../../src/base/ipv4-address.ts'
import { parseMacAddress } from '../../../../../src/base/mac-address.ts'
import type { NewEvent } from '../../../../../src/contract/event.ts'
import type { Machine } from '../../../../../src/contract/machine.ts'
import type { Run } from '../../../../../src/contract/run.ts'
import { BootAttempts } from '../../../../../src/daemon/domain/bootenv/boot-attempts.ts'
import type { BootClient } from '../../../../../src/daemon/domain/bootenv/boot-client.ts'
import { BootFileDesk } from '../../../../../src/daemon/domain/bootenv/boot-file-desk.ts'
import { NetworkPlaces } from '../../../../../src/daemon/domain/bootenv/network-places.ts'
import { ManualTime } from '../../../../fakes/manual-time.ts'
import { deployTasks, machine, runWith } from '../workflow/run-fixtures.ts'

const macAddress = parseMacAddress('52:54:00:00:00:01')
const uefi = { macAddress, platform: 'uefi-x86_64', kind: 'firmware' } as const
const http = { ...uefi, kind: 'http-firmware' } as const

let time: ManualTime
let attempts: BootAttempts
let events: NewEvent[]
let known: Machine | undefined
let run: Run | undefined

beforeEach(() => {
  time = new ManualTime()
  attempts = new BootAttempts(time)
  events = []
  known = undefined
  run = undefined
})

function openDesk(hasSignedPrograms = true) {
  const desk = new BootFileDesk({
    provisioningUrl: 'http://10.77.0.1:8090',
    serverAddress: parseIpv4Address('10.77.0.1'),
    state: { machineAt: () => known, runOf: () => run },
    attempts,
    places: new NetworkPlaces(),
    events: { record: (event) => events.push(event) },
    clock: time,
    hasSignedPrograms,
  })
  const ask = (client: BootClient, isFirstOfBoot: boolean) => {
    const decision = desk.bootFileFor(client, { isFirstOfBoot })
    return decision.kind === 'none' ? undefined : decision.bootFileName
  }
  return {
    discover: (client: BootClient) => ask(client, true),
    request: (client: BootClient) => ask(client, false),
  }
}

describe('BootFileDesk', () => {
  it('says each answer once, not for DISCOVER and REQUEST alike', () => {
    const { discover, request } = openDesk()
    const firmware = { macAddress, platform: 'bios', kind: 'firmware' } as const
    discover(firmware)
    request(firmware)
    discover({ ...firmware, kind: 'ipxe' })
    discover({ ...firmware, kind: 'none' })
    time.advance(10_000)
    discover({ ...firmware, kind: 'ipxe' })
    expect(events.map(({ body }) => body['because'])).toEqual([
      'BIOS firmware, it gets iPXE on top of its own network driver',
      'iPXE runs already, it gets its script',
      'iPXE runs already, it gets its script',
    ])
    expect(events[0]).toMatchObject({ type: 'boot', action: 'decided', key: macAddress })
  })

  it('gives the signed chain to firmware that took iPXE and comes back without it', () => {
    const { discover, request } = openDesk()
    expect(discover(uefi)).toBe('ipxe/snponly.efi')
    expect(request(uefi)).toBe('ipxe/snponly.efi')
    expect(request(uefi)).toBe('ipxe/snponly.efi')
    expect(discover(uefi)).toBe('grub/shimx64.efi')
    expect(request(uefi)).toBe('grub/shimx64.efi')
    expect(discover(http)).toMatch(/\/boot\/grub\/secure-boot\.img\?mac=52:54:00:00:00:01&/)
    expect(events.at(-1)?.body['because']).toContain('Secure Boot')
  })

  it('gives iPXE to firmware that looked for servers twice before it took an answer', () => {
    const { discover } = openDesk()
    discover(uefi)
    expect(discover(uefi)).toBe('ipxe/snponly.efi')
  })

  it('keeps to iPXE where it starts, where nothing signed is served, and tries it again after a day', () => {
    const unsigned = openDesk(false)
    unsigned.request(uefi)
    expect(unsigned.discover(uefi)).toBe('ipxe/snponly.efi')
    const { discover, request } = openDesk()
    request(uefi)
    discover({ ...uefi, kind: 'ipxe' })
    expect(discover(uefi)).toBe('ipxe/snponly.efi')
    request(uefi)
    expect(discover(uefi)).toBe('grub/shimx64.efi')
    time.advance(25 * 3_600_000)
    expect(discover(uefi)).toBe('ipxe/snponly.efi')
  })

  it('sends UEFI firmware on to its disk when iPXE has just handed it back', () => {
    known = { ...machine, state: 'deployed', imageName: 'debian-12' }
    const { discover } = openDesk()
    attempts.sendToDisk(macAddress)
    expect(discover(http)).toBe('http://10.77.0.1:8090/boot/local-disk.efi')
    expect(discover(uefi)).toBe('local-disk.efi')
    expect(discover({ ...uefi, platform: 'bios' })).toBe('ipxe/undionly.kpxe')
    time.advance(60_000)
    expect(discover(uefi)).toBe('ipxe/snponly.efi')
  })

  it('C-P13 boots what was ordered since, whatever the last script said', () => {
    known = { ...machine, state: 'deployed', imageName: 'debian-12' }
    run = { ...runWith(deployTasks), state: 'running' }
    attempts.sendToDisk(macAddress)
    expect(openDesk().discover(uefi)).toBe('ipxe/snponly.efi')
  })

  it('takes the program of the machine', () => {
    known = { ...machine, bootPrograms: { 'uefi-x86_64': 'ipxe/ipxe.efi' } }
    expect(openDesk().discover(uefi)).toBe('ipxe/ipxe.efi')
  })
})
