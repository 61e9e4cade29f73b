import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import * as fc from 'fast-check'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'

import { ipv4FromNumber, parseIpv4Address } from '../../../../../src/base/ipv4-address.ts'
import { parseMacAddress } from '../../../../../src/base/mac-address.ts'
import type { Lease } from '../../../../../src/daemon/domain/lease/lease-store.ts'
import {
  encodeLeaseBatch,
  readLeaseLog,
} from '../../../../../src/daemon/store/leases/lease-batch.ts'
import { openLeaseLog } from '../../../../../src/daemon/store/leases/lease-log.ts'

let path: string
beforeEach(() => {
  const directory = mkdtempSync(join(tmpdir(), 'repave-lease-log-'))
  path = join(directory, 'repave.leases')
  onTestFinished(() => rmSync(directory, { recursive: true }))
})

const lease = (number: number, expiresAtMs = 1_900_000_000_123): Lease => ({
  address: ipv4FromNumber(0x0a_00_00_00 + number),
  macAddress: parseMacAddress((0xfe_0c_01_00_00_00 + number).toString(16)),
  expiresAtMs,
  state: number % 7 === 0 ? 'declined' : 'bound',
})

async function contents(): Promise<readonly Lease[]> {
  await using log = await openLeaseLog(path)
  return log.readLeases()
}

describe(openLeaseLog, () => {
  test('S06 refuses a log that is broken in the middle, and leaves it as it was', async () => {
    const damaged = Buffer.concat([encodeLeaseBatch([lease(1)]), encodeLeaseBatch([lease(2)])])
    damaged[20] = 0xff
    writeFileSync(path, damaged)
    await expect(openLeaseLog(path)).rejects.toMatchObject({ code: 'ERR_LEASE_LOG_DAMAGED', path })
    expect(readFileSync(path)).toEqual(damaged)
  })

  test('S02 cuts off whatever a power loss left of the last write, and keeps all before it', async () => {
    const first = encodeLeaseBatch([lease(1), lease(2)])
    const second = encodeLeaseBatch([lease(3), lease(4)])
    for (let kept = 0; kept < second.length; kept++) {
      writeFileSync(
        path,
        Buffer.concat([first, second.subarray(0, kept), Buffer.alloc(kept, 0xee)]),
      )
      expect(await contents()).toEqual([lease(1), lease(2)])
    }
  })

  test('refuses to write once it is closed', async () => {
    const log = await openLeaseLog(path)
    await log[Symbol.asyncDispose]()
    await expect(log.writeLease(lease(1))).rejects.toMatchObject({ code: 'ERR_STORE_CLOSED' })
    await log.closed
  })

  test('starts empty, for nobody else to read', async () => {
    expect(await contents()).toEqual([])
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  test('C-D08 has a lease in its file before it says so', async () => {
    await using log = await openLeaseLog(path)
    await log.writeLease(lease(1))
    expect([...readLeaseLog(readFileSync(path)).leases.values()]).toEqual([lease(1)])
  })

  test('keeps the latest of an address, and forgets what is deleted', async () => {
    {
      await using log = await openLeaseLog(path)
      const writes = [lease(1), lease(2), lease(7), lease(1, 5)].map((each) => log.writeLease(each))
      await Promise.all([...writes, log.deleteLease(parseIpv4Address('10.0.0.2'))])
    }
    expect(await contents()).toEqual([lease(7), lease(1, 5)])
  })

  test('writes what is under way before it closes', async () => {
    const log = await openLeaseLog(path)
    const write = log.writeLease(lease(1))
    await log[Symbol.asyncDispose]()
    await write
    expect(await contents()).toEqual([lease(1)])
  })

  test('does not grow for ever', async () => {
    await using log = await openLeaseLog(path)
    for (let round = 0; round < 22; round++) {
      await Promise.all(
        Array.from({ length: 20_000 }, (_none, index) => log.writeLease(lease(index % 100, round))),
      )
    }
    expect(statSync(path).size).toBeLessThan(9 * 1024 * 1024)
    expect(await log.readLeases()).toHaveLength(100)
    expect((await log.readLeases()).every(({ expiresAtMs }) => expiresAtMs === 21)).toBe(true)
  })
})

describe(readLeaseLog, () => {
  test('never throws, whatever the file holds', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (noise) => {
        expect(readLeaseLog(noise).soundBytes).toBe(0)
        const behind = Buffer.concat([encodeLeaseBatch([lease(1)]), noise])
        expect(readLeaseLog(behind).leases.size).toBe(1)
      }),
    )
  })
})
