import { describe, expect, it } from 'vitest'

import { parseMacAddress } from '../../../../../src/base/mac-address.ts'
import { BootTokens } from '../../../../../src/daemon/domain/bootenv/boot-tokens.ts'
import { decideJoin, joinWindowMs } from '../../../../../src/daemon/domain/bootenv/decide-join.ts'
import { nodeSecrets } from '../../../../../src/daemon/process/node-secrets.ts'
import { ManualTime } from '../../../../fakes/manual-time.ts'
import { machine } from '../workflow/run-fixtures.ts'

const macAddress = parseMacAddress('52:54:00:00:00:01')

describe('BootTokens', () => {
  it('keeps nothing of the token but its hash', () => {
    const tokens = new BootTokens(new ManualTime(), nodeSecrets)
    const { token, boot } = tokens.mint(machine.id, macAddress)
    expect(token).toMatch(/^[\w-]{43}$/)
    expect(JSON.stringify(boot)).not.toContain(token)
    expect(boot.tokenHash).toBe(nodeSecrets.hashOf(token))
    expect(tokens.mint(machine.id, macAddress).token).not.toBe(token)
  })

  it('S13: counts age on the monotonic clock, whatever the wall clock does', () => {
    const time = new ManualTime()
    const tokens = new BootTokens(time, nodeSecrets)
    const { boot } = tokens.mint(machine.id, macAddress)
    time.jumpWallClock(10 * joinWindowMs)
    time.advance(joinWindowMs)
    expect(tokens.isExpired(boot)).toBe(false)
    time.jumpWallClock(-20 * joinWindowMs)
    time.advance(1)
    expect(tokens.isExpired(boot)).toBe(true)
  })

  it('S13: after a restart goes by the wall clock, and trusts no token of the future', () => {
    const time = new ManualTime()
    const { boot } = new BootTokens(time, nodeSecrets).mint(machine.id, macAddress)
    const restarted = new BootTokens(time, nodeSecrets)
    expect(restarted.isExpired(boot)).toBe(false)
    time.jumpWallClock(-1)
    expect(restarted.isExpired(boot)).toBe(true)
    time.jumpWallClock(joinWindowMs + 2)
    expect(restarted.isExpired(boot)).toBe(true)
  })
})

describe('decideJoin', () => {
  const { boot } = new BootTokens(new ManualTime(), nodeSecrets).mint(machine.id, macAddress)
  const taken = { ...boot, publicKey: 'first' }
  const join = (record: typeof boot | undefined, key: string, isExpired = false) =>
    decideJoin(record, key, isExpired, nodeSecrets)

  it('refuses what is unknown, too old, or another key', () => {
    expect(join(undefined, 'first')).toMatchObject({ code: 'ERR_TOKEN_UNKNOWN' })
    expect(join(boot, 'first', true)).toMatchObject({ code: 'ERR_TOKEN_EXPIRED' })
    expect(join(taken, 'second')).toMatchObject({ code: 'ERR_TOKEN_TAKEN' })
  })

  it('the first key owns the token and may come back when it is old', () => {
    expect(join(boot, 'first')).toEqual({ kind: 'accepted', boot: taken })
    expect(join(taken, 'first', true)).toEqual({ kind: 'accepted', boot: taken })
  })
})
