import { describe, expect, test } from 'vitest'

import { parseIpv4Address } from '../../../../../src/base/ipv4-address.ts'
import { parseMacAddress } from '../../../../../src/base/mac-address.ts'
import { NetworkDesk } from '../../../../../src/daemon/domain/lease/network-desk.ts'
import { openServedSubnets } from '../../../../../src/daemon/domain/lease/served-subnets.ts'
import { ManualTime } from '../../../../fakes/manual-time.ts'
import { brokenLeaseStore, MemoryLeaseStore } from '../../../../fakes/memory-lease-store.ts'
import { sampleSubnet } from '../../../../fakes/sample-subnet.ts'

const ip = parseIpv4Address
const macAddress = parseMacAddress('52:54:00:aa:bb:01')

async function deskWith(leaseStore: MemoryLeaseStore) {
  const clock = new ManualTime()
  const address = ip('10.77.0.12')
  const expiresAtMs = clock.nowMs() + 60_000
  leaseStore.leases.set(address, { address, macAddress, expiresAtMs, state: 'bound' })
  const events: object[] = []
  const desk = new NetworkDesk({ clock, events: { record: (event) => void events.push(event) } })
  const options = { leaseStore, clock, isKnownMachine: () => false, serverAddresses: [] }
  const subnets = await openServedSubnets([sampleSubnet()], options)
  desk.serve(subnets)
  return { desk, events, subnets }
}

describe(NetworkDesk, () => {
  test('knows nothing before a server told it', () => {
    const desk = new NetworkDesk({ clock: new ManualTime(), events: { record: () => {} } })
    expect(desk.listLeases()).toEqual([])
    expect(desk.listSubnets()).toEqual({ items: [], interfaces: [], foreignServers: [] })
  })

  test('ends no lease that nobody has, nor one that cannot be taken off the disk', async () => {
    const { desk } = await deskWith(brokenLeaseStore())
    await expect(desk.releaseLease(ip('10.77.0.13'), 'ada')).rejects.toMatchObject({
      code: 'ERR_LEASE_UNKNOWN',
    })
    await expect(desk.releaseLease(ip('10.77.0.12'), 'ada')).rejects.toThrow('no space left')
    expect(desk.listLeases()).toHaveLength(1)
  })

  test('ends a lease, says who did, and the address is free', async () => {
    const leaseStore = new MemoryLeaseStore()
    const { desk, events, subnets } = await deskWith(leaseStore)
    expect(desk.listLeases()).toMatchObject([
      { address: '10.77.0.12', macAddress, state: 'bound', subnet: 'rack' },
    ])
    await desk.releaseLease(ip('10.77.0.12'), 'ada')
    expect(desk.listLeases()).toEqual([])
    expect(leaseStore.leases.size).toBe(0)
    expect(subnets.all()[0]?.pool.usage().available).toBe(11)
    expect(events).toMatchObject([{ action: 'released', key: macAddress, principal: 'ada' }])
  })

  test('serves what it served before when a pool of the new subnets is wrong', async () => {
    const { desk } = await deskWith(new MemoryLeaseStore())
    const before = desk.listSubnets()
    const wrong = [{ first: ip('10.99.0.1'), last: ip('10.99.0.9') }]
    const replaced = desk.replaceSubnets([sampleSubnet({ name: 'new', pools: wrong })])
    await expect(replaced).rejects.toMatchObject({ code: 'ERR_LEASE_POOL_RANGE' })
    expect(desk.listSubnets()).toEqual(before)
    expect(desk.listLeases()).toHaveLength(1)
  })

  test('keeps the leases of a subnet that goes and comes back', async () => {
    const { desk } = await deskWith(new MemoryLeaseStore())
    await desk.replaceSubnets([])
    expect(desk.listLeases()).toEqual([])
    const pools = [{ first: ip('10.77.0.30'), last: ip('10.77.0.40') }]
    await desk.replaceSubnets([sampleSubnet({ pools })])
    expect(desk.listLeases()).toMatchObject([{ address: '10.77.0.12', state: 'bound' }])
    expect(desk.listSubnets().items).toMatchObject([{ pools: ['10.77.0.30-10.77.0.40'] }])
  })

  test('D23 keeps a bounded number of other servers, however many are forged', async () => {
    const { desk } = await deskWith(new MemoryLeaseStore())
    for (let number = 0; number < 1000; number++) {
      desk.noteForeign({ address: ip(`10.1.${number >> 8}.${number & 255}`) }, 'eno2')
    }
    expect(desk.listSubnets().foreignServers.length).toBeLessThanOrEqual(64)
  })
})
