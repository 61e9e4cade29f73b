import { describe, expect, test } from 'vitest'

import { type Ipv4Address, parseIpv4Address } from '../../../../../src/base/ipv4-address.ts'
import { type MacAddress, parseMacAddress } from '../../../../../src/base/mac-address.ts'
import {
  LeasePool,
  type LeasePoolOptions,
} from '../../../../../src/daemon/domain/lease/lease-pool.ts'
import { ManualTime } from '../../../../fakes/manual-time.ts'
import { brokenLeaseStore, MemoryLeaseStore } from '../../../../fakes/memory-lease-store.ts'

const ip = parseIpv4Address
const mac = (number: number) => parseMacAddress(number.toString(16).padStart(12, '0'))

async function restartedPool(options: LeasePoolOptions): Promise<LeasePool> {
  const pool = new LeasePool(options)
  pool.restore(await options.leaseStore.readLeases())
  return pool
}

function openPool(changes: Partial<LeasePoolOptions> & { readonly size?: number } = {}) {
  const { size = 4, ...others } = changes
  const clock = new ManualTime()
  const leaseStore = new MemoryLeaseStore()
  const options: LeasePoolOptions = {
    lendable: [{ first: 0x0a_4d_00_0a, last: 0x0a_4d_00_0a + size - 1 }],
    leaseSeconds: 3600,
    isKnownMachine: () => false,
    leaseStore,
    clock,
    ...others,
  }
  return { pool: new LeasePool(options), clock, leaseStore, options }
}

async function lease(
  pool: LeasePool,
  macAddress: MacAddress,
  reservedAddress?: Ipv4Address,
): Promise<string> {
  const applicant = { macAddress, reservedAddress }
  const offer = pool.offer(applicant)
  if (offer.kind === 'none') return offer.because
  const binding = await pool.bind(applicant, offer.address)
  return binding.kind === 'bound' ? binding.lease.address : binding.because
}

describe('restore', () => {
  test('D28 lends no live lease of an earlier run to anybody else', async () => {
    const { pool, options } = openPool({ size: 100 })
    const live = new Set<string>()
    for (let number = 1; number <= 50; number++) live.add(await lease(pool, mac(number)))
    const restarted = await restartedPool(options)
    for (let number = 1000; number < 2000; number++) {
      expect(live).not.toContain(await lease(restarted, mac(number)))
    }
    expect(await lease(restarted, mac(7))).toBe('10.77.0.16')
  })

  test('D29 a wall clock that jumped while the daemon was off lends no live lease twice', async () => {
    const { pool, clock, options } = openPool()
    await lease(pool, mac(1))
    clock.jumpWallClock(-3_600_000)
    const restarted = await restartedPool(options)
    expect(await lease(restarted, mac(2))).not.toBe('10.77.0.10')
    expect(await lease(restarted, mac(1))).toBe('10.77.0.10')
  })

  test('D29 leases of a wall clock that was ten years ahead end within a week', async () => {
    const { pool, clock, options } = openPool()
    clock.jumpWallClock(315_360_000_000)
    await lease(pool, mac(1))
    clock.jumpWallClock(-315_360_000_000)
    const restarted = await restartedPool(options)
    expect(restarted.usage().bound).toBe(1)
    clock.advance(7 * 24 * 3_600_000)
    expect(restarted.usage().bound).toBe(0)
  })
})

describe(LeasePool, () => {
  test('D21 a full pool lends nothing twice, and whoever has a lease renews it', async () => {
    const { pool } = openPool()
    const addresses = await Promise.all([1, 2, 3, 4].map((number) => lease(pool, mac(number))))
    expect(new Set(addresses).size).toBe(4)
    expect(await lease(pool, mac(5))).toBe('pool-full')
    expect(await lease(pool, mac(3))).toBe(addresses[2])
  })

  test('D18 strangers cannot take what is held back for known machines', async () => {
    const known = new Set([mac(9000), mac(9001)])
    const { pool, leaseStore } = openPool({
      size: 10,
      isKnownMachine: (macAddress) => known.has(macAddress),
    })
    const answers = Array.from({ length: 5000 }, (_unused, index) =>
      pool.offer({ macAddress: mac(index + 1) }),
    )
    expect(answers.filter(({ kind }) => kind === 'offered')).toHaveLength(8)
    expect(answers.at(-1)).toEqual({ kind: 'none', because: 'held-back' })
    expect(leaseStore.writeCount).toBe(0)
    expect(await lease(pool, mac(9000))).toBe('10.77.0.18')
    expect(await lease(pool, mac(9001))).toBe('10.77.0.19')
  })

  test('D18 a stranger that skips the offer finds no more room than one that asks', async () => {
    const { pool } = openPool({ size: 10 })
    for (let number = 1; number <= 8; number++) pool.offer({ macAddress: mac(number) })
    expect(await pool.bind({ macAddress: mac(9) }, ip('10.77.0.19'))).toMatchObject({
      kind: 'refused',
    })
  })

  test('D18 an offer that nobody took is free again after a minute', async () => {
    const { pool, clock } = openPool()
    for (let number = 1; number <= 4; number++) pool.offer({ macAddress: mac(number) })
    clock.advance(59_000)
    expect(pool.offer({ macAddress: mac(5) }).kind).toBe('none')
    clock.advance(1_000)
    expect(pool.offer({ macAddress: mac(5) }).kind).toBe('offered')
  })

  test('C-D08 what it cannot store is not leased, only offered as before', async () => {
    const leaseStore = brokenLeaseStore()
    const { pool } = openPool({ leaseStore })
    await expect(lease(pool, mac(1))).rejects.toThrow('no space left')
    expect(pool.usage()).toMatchObject({ bound: 0, offered: 1 })
    leaseStore.beforeWrite = () => Promise.resolve()
    expect(await lease(pool, mac(1))).toBe('10.77.0.10')
  })

  test('C-D08 a renewal that cannot be stored leaves the lease as it was', async () => {
    const { pool, leaseStore } = openPool()
    await lease(pool, mac(1))
    leaseStore.beforeWrite = () => Promise.reject(new Error('no space left on device'))
    await expect(pool.bind({ macAddress: mac(1) }, ip('10.77.0.10'))).rejects.toThrow(
      'no space left',
    )
    expect(pool.knows({ macAddress: mac(1) }, ip('10.77.0.10'))).toBe(true)
  })

  test('C-D08 an address whose lease is being stored is offered to nobody else', async () => {
    const { pool, leaseStore } = openPool()
    const { promise, resolve } = Promise.withResolvers<void>()
    leaseStore.beforeWrite = () => promise
    const binding = pool.bind({ macAddress: mac(1) }, ip('10.77.0.10'))
    expect(pool.offer({ macAddress: mac(2) }, ip('10.77.0.10'))).toMatchObject({
      address: '10.77.0.11',
    })
    resolve()
    expect(await binding).toMatchObject({ kind: 'bound' })
  })

  test.each([
    ['of another client', '10.77.0.10'],
    ['outside the pool', '10.77.0.200'],
    ['of the network', '10.77.0.0'],
    ['that is not lent to anybody', '10.77.0.50'],
  ])('refuses to bind an address %s', async (_title, address) => {
    const { pool } = openPool()
    await lease(pool, mac(1))
    expect(await pool.bind({ macAddress: mac(2) }, ip(address))).toMatchObject({ kind: 'refused' })
  })

  test('C-D07 a client is offered one address however often it asks', async () => {
    const { pool } = openPool()
    const offers = Array.from({ length: 1000 }, () => pool.offer({ macAddress: mac(1) }))
    const addresses = offers.map((offer) => (offer.kind === 'offered' ? offer.address : ''))
    expect(new Set(addresses)).toEqual(new Set(['10.77.0.10']))
    expect(pool.usage()).toMatchObject({ offered: 1, available: 3 })
  })

  test('C-D15 a client has its address again after its lease ended', async () => {
    const { pool, clock } = openPool()
    await lease(pool, mac(1))
    await lease(pool, mac(2))
    clock.advance(3_600_000)
    expect(pool.usage()).toMatchObject({ bound: 0, available: 4 })
    expect(await lease(pool, mac(2))).toBe('10.77.0.11')
  })

  test('takes addresses that nobody ever had before it reuses the one unused for longest', async () => {
    const { pool, clock } = openPool({ size: 3 })
    await lease(pool, mac(1))
    clock.advance(10_000)
    await lease(pool, mac(2))
    clock.advance(4_000_000)
    expect(await lease(pool, mac(3))).toBe('10.77.0.12')
    expect(await lease(pool, mac(4))).toBe('10.77.0.10')
    expect(await lease(pool, mac(5))).toBe('10.77.0.11')
    expect(pool.knows({ macAddress: mac(1) }, ip('10.77.0.10'))).toBe(false)
  })

  test('gives a client the free address that it wishes for', async () => {
    const { pool } = openPool()
    expect(pool.offer({ macAddress: mac(1) }, ip('10.77.0.13'))).toMatchObject({
      address: '10.77.0.13',
    })
    expect(pool.offer({ macAddress: mac(2) }, ip('10.77.0.13'))).toMatchObject({
      address: '10.77.0.10',
    })
  })

  test('D27 leases an offer that was forgotten in a restart', async () => {
    const { pool, options } = openPool()
    pool.offer({ macAddress: mac(1) }, ip('10.77.0.12'))
    const restarted = await restartedPool(options)
    expect(await restarted.bind({ macAddress: mac(1) }, ip('10.77.0.12'))).toMatchObject({
      kind: 'bound',
    })
  })

  test('knows what it offers to a client, and to no other', async () => {
    const { pool } = openPool()
    pool.offer({ macAddress: mac(1) })
    expect(pool.knows({ macAddress: mac(1) }, ip('10.77.0.10'))).toBe(true)
    expect(pool.knows({ macAddress: mac(2) }, ip('10.77.0.10'))).toBe(false)
  })

  test('an offer is withdrawn when the client takes another server’s', async () => {
    const { pool } = openPool()
    pool.offer({ macAddress: mac(1) })
    pool.withdrawOffer(mac(1))
    expect(pool.usage()).toMatchObject({ offered: 0, available: 4 })
  })

  describe('reservations', () => {
    const reserved = ip('10.77.0.50')
    const applicant = { macAddress: mac(1), reservedAddress: reserved }

    test('give the client its address, even outside the range', async () => {
      const { pool } = openPool()
      expect(await lease(pool, mac(1), reserved)).toBe('10.77.0.50')
      expect(pool.knows(applicant, reserved)).toBe(true)
    })

    test('D18 give the client its address when strangers have taken the whole pool', async () => {
      const { pool } = openPool()
      for (let number = 10; number < 20; number++) pool.offer({ macAddress: mac(number) })
      expect(await lease(pool, mac(1), reserved)).toBe('10.77.0.50')
    })

    test('move a client that has another address, and give that one back', async () => {
      const { pool, leaseStore } = openPool()
      await lease(pool, mac(1))
      expect(await pool.bind(applicant, ip('10.77.0.10'))).toEqual({
        kind: 'refused',
        because: '10.77.0.50 is reserved for this client',
      })
      expect(await lease(pool, mac(1), reserved)).toBe('10.77.0.50')
      expect([...leaseStore.leases.keys()]).toEqual(['10.77.0.50'])
    })

    test('fall back to the pool while somebody else still has the address', async () => {
      const { pool } = openPool()
      await lease(pool, mac(2))
      expect(await lease(pool, mac(1), ip('10.77.0.10'))).toBe('10.77.0.11')
    })
  })

  describe('decline', () => {
    test('D19 a client that declines every address quarantines eight at most', async () => {
      const { pool } = openPool({ size: 50 })
      const outcomes: string[] = []
      for (let round = 0; round < 12; round++) {
        const offer = pool.offer({ macAddress: mac(1) })
        if (offer.kind === 'offered')
          outcomes.push(await pool.decline({ macAddress: mac(1) }, offer.address))
      }
      expect(outcomes.filter((outcome) => outcome === 'quarantined')).toHaveLength(8)
      expect(outcomes.filter((outcome) => outcome === 'spared')).toHaveLength(4)
    })

    test('D19 many clients that decline cannot take what is held back', async () => {
      const { pool } = openPool({ size: 20 })
      for (let number = 1; number < 100; number++) {
        const offer = pool.offer({ macAddress: mac(number) })
        if (offer.kind === 'offered') await pool.decline({ macAddress: mac(number) }, offer.address)
      }
      expect(pool.usage().available).toBe(4)
    })

    test('C-D16 a declined address is lent to nobody for ten minutes, restarts included', async () => {
      const { pool, clock, options } = openPool({ size: 2 })
      await lease(pool, mac(1))
      expect(await pool.decline({ macAddress: mac(1) }, ip('10.77.0.10'))).toBe('quarantined')
      const restarted = await restartedPool(options)
      expect(restarted.offer({ macAddress: mac(2) }, ip('10.77.0.10'))).toMatchObject({
        address: '10.77.0.11',
      })
      expect(restarted.offer({ macAddress: mac(1) }).kind).toBe('none')
      clock.advance(600_000)
      expect(restarted.usage()).toMatchObject({ declined: 0, available: 2 })
      const wanted = ip('10.77.0.10')
      expect(restarted.offer({ macAddress: mac(1) }, wanted)).toMatchObject({ address: wanted })
    })

    test('refuses a DECLINE of somebody else’s address', async () => {
      const { pool } = openPool()
      await lease(pool, mac(1))
      expect(await pool.decline({ macAddress: mac(2) }, ip('10.77.0.10'))).toBe('not-theirs')
    })
  })

  describe('release', () => {
    test('D20 somebody else’s lease stays', async () => {
      const { pool } = openPool()
      await lease(pool, mac(1))
      expect(await pool.release({ macAddress: mac(2) }, ip('10.77.0.10'))).toBe(false)
      expect(pool.usage().bound).toBe(1)
    })

    test('ends the lease; the client may have it again, also after a restart', async () => {
      const { pool, options } = openPool()
      await lease(pool, mac(1))
      expect(await pool.release({ macAddress: mac(1) }, ip('10.77.0.10'))).toBe(true)
      expect(pool.usage().bound).toBe(0)
      const restarted = await restartedPool(options)
      expect(restarted.usage().bound).toBe(0)
      expect(await lease(restarted, mac(1))).toBe('10.77.0.10')
    })
  })

  test.each([
    ['an hour forward', 3_600_000],
    ['ten years forward', 315_360_000_000],
    ['back to 1970', -1_700_000_000_000],
  ])('D29 a wall clock that jumps %s ends no lease', async (_title, jumpMs) => {
    const { pool, clock, leaseStore } = openPool()
    await lease(pool, mac(1))
    clock.jumpWallClock(jumpMs)
    expect(pool.usage().bound).toBe(1)
    expect(await pool.bind({ macAddress: mac(1) }, ip('10.77.0.10'))).toMatchObject({
      kind: 'bound',
    })
    expect(leaseStore.leases.get(ip('10.77.0.10'))?.expiresAtMs).toBe(clock.nowMs() + 3_600_000)
  })
})
