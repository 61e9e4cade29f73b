import { describe, expect, it } from 'vitest'

import type { AccessToken } from '../../../../../src/daemon/domain/access/access-token.ts'
import { TokenDesk } from '../../../../../src/daemon/domain/access/token-desk.ts'
import { nodeSecrets } from '../../../../../src/daemon/process/node-secrets.ts'

class World {
  readonly kept = new Map<string, AccessToken>()
  nowMs = 1_700_000_000_000
  monotonicMs = 5000
  broken = false

  get options() {
    return {
      secrets: nodeSecrets,
      clock: { nowMs: () => this.nowMs, monotonicMs: () => this.monotonicMs },
      store: {
        readTokens: async () => [...this.kept.values()],
        addToken: async (token: AccessToken) => void this.kept.set(token.id, token),
        removeToken: async (id: string) => {
          if (this.broken) throw new Error('disk')
          this.kept.delete(id)
        },
      },
    }
  }
}

const viewer = { name: 'ann', role: 'viewer' } as const

describe(TokenDesk, () => {
  it('refuses a name twice, a selector that is none, and to revoke what is not there', async () => {
    const desk = new TokenDesk(new World().options, [])
    await desk.createToken(viewer, 'test')
    await expect(desk.createToken(viewer, 'test')).rejects.toMatchObject({
      code: 'ERR_TOKEN_EXISTS',
    })
    const wrong = { name: 'bob', role: 'viewer', selector: 'stat=ready' } as const
    await expect(desk.createToken(wrong, 'test')).rejects.toThrow('there is no field stat')
    await expect(desk.revokeToken('bob', 'test')).rejects.toMatchObject({
      code: 'ERR_TOKEN_NOT_FOUND',
    })
  })

  it('knows no token that is cut, changed, put together from two, or empty', async () => {
    const desk = new TokenDesk(new World().options, [])
    const { token } = await desk.createToken(viewer, 'test')
    const other = await desk.createToken({ name: 'bob', role: 'admin' }, 'test')
    const mixed = token.replace(/_[0-9a-f]{12}_/, `_${other.id}_`)
    for (const wrong of ['', token.slice(0, -1), `${token}x`, ` ${token}`, mixed, 'repave__']) {
      expect(desk.authenticate(wrong)).toBeUndefined()
    }
    expect(desk.authenticate(token)).toMatchObject({ principal: 'operator:ann', role: 'viewer' })
  })

  it('keeps no secret, only its hash, and shows neither (W11)', async () => {
    const world = new World()
    const desk = new TokenDesk(world.options, [])
    const { token } = await desk.createToken(viewer, 'test')
    const secret = token.slice(-43)
    expect(JSON.stringify([...world.kept.values()])).not.toContain(secret)
    expect(JSON.stringify(desk.listTokens())).not.toContain(nodeSecrets.hashOf(secret))
    const again = await TokenDesk.load(world.options)
    expect(again.authenticate(token)).toMatchObject({ principal: 'operator:ann' })
  })

  it('refuses a revoked token at once, and keeps it when the disk would not forget it (W08)', async () => {
    const world = new World()
    const desk = new TokenDesk(world.options, [])
    const { token, id } = await desk.createToken(viewer, 'test')
    world.broken = true
    await expect(desk.revokeToken('ann', 'test')).rejects.toThrow('disk')
    expect(desk.isValid(id)).toBe(true)
    world.broken = false
    await desk.revokeToken(id, 'test')
    expect(desk.authenticate(token)).toBeUndefined()
    expect(desk.isValid(id)).toBe(false)
  })

  it('ends a token by time that passed, not by a clock that was set (S13)', async () => {
    const world = new World()
    const desk = new TokenDesk(world.options, [])
    const { token } = await desk.createToken({ ...viewer, validSeconds: 3600 }, 'test')
    world.nowMs = 0
    expect(desk.authenticate(token)).toBeDefined()
    world.nowMs = 4_000_000_000_000
    expect(desk.authenticate(token)).toBeDefined()
    world.monotonicMs += 3_599_999
    expect(desk.authenticate(token)).toBeDefined()
    world.monotonicMs += 1
    expect(desk.authenticate(token)).toBeUndefined()
  })
})
