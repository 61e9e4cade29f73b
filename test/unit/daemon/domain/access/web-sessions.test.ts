import { describe, expect, it } from 'vitest'

import { localCaller } from '../../../../../src/daemon/domain/access/caller.ts'
import { WebSessions } from '../../../../../src/daemon/domain/access/web-sessions.ts'
import { nodeSecrets } from '../../../../../src/daemon/process/node-secrets.ts'

const minuteMs = 60_000

function openSessions() {
  const world = { nowMs: 0, isTokenValid: true }
  const sessions = new WebSessions({
    secrets: nodeSecrets,
    clock: { nowMs: () => world.nowMs, monotonicMs: () => world.nowMs },
    isValid: () => world.isTokenValid,
  })
  return { sessions, world }
}

describe(WebSessions, () => {
  it('knows nobody by a wrong word', () => {
    const { sessions } = openSessions()
    expect(sessions.redeemLogin('x'.repeat(43))).toBeUndefined()
    expect(sessions.callerOf('x'.repeat(43))).toBeUndefined()
    expect(sessions.redeemTicket('')).toBeUndefined()
  })

  it('takes a link once, and not after two minutes', () => {
    const { sessions, world } = openSessions()
    const word = sessions.openLogin(localCaller)
    expect(sessions.redeemLogin(word)).toMatch(/^[\w-]{43}$/)
    expect(sessions.redeemLogin(word)).toBeUndefined()
    const late = sessions.openLogin(localCaller)
    world.nowMs += 2 * minuteMs
    expect(sessions.redeemLogin(late)).toBeUndefined()
  })

  it('makes a viewer of whoever made the link, and nothing that the one word is the other', () => {
    const { sessions } = openSessions()
    const session = sessions.redeemLogin(sessions.openLogin(localCaller)) ?? ''
    expect(sessions.callerOf(session)).toEqual({
      principal: 'operator:local (web)',
      role: 'viewer',
    })
    expect(sessions.redeemTicket(session)).toBeUndefined()
    expect(sessions.redeemLogin(session)).toBeUndefined()
  })

  it('ends a session after twelve hours, or with the token that it came from', () => {
    const { sessions, world } = openSessions()
    const bearer = { ...localCaller, tokenId: '0123456789ab' }
    const session = sessions.redeemLogin(sessions.openLogin(bearer)) ?? ''
    expect(sessions.callerOf(session)?.tokenId).toBe('0123456789ab')
    world.isTokenValid = false
    expect(sessions.callerOf(session)).toBeUndefined()
    world.isTokenValid = true
    world.nowMs += 12 * 60 * minuteMs
    expect(sessions.callerOf(session)).toBeUndefined()
  })

  it('takes a ticket once, for half a minute', () => {
    const { sessions, world } = openSessions()
    const ticket = sessions.newTicket(localCaller)
    expect(sessions.redeemTicket(ticket)).toEqual(localCaller)
    expect(sessions.redeemTicket(ticket)).toBeUndefined()
    const late = sessions.newTicket(localCaller)
    world.nowMs += minuteMs / 2
    expect(sessions.redeemTicket(late)).toBeUndefined()
  })

  it('keeps a bounded number, the newest', () => {
    const { sessions } = openSessions()
    const first = sessions.openLogin(localCaller)
    const words = Array.from({ length: 1000 }, () => sessions.openLogin(localCaller))
    expect(sessions.redeemLogin(first)).toBeUndefined()
    expect(sessions.redeemLogin(words.at(-1) ?? '')).toBeDefined()
  })
})
