import { describe, expect, it } from 'vitest'

import {
  chooseEndpoint,
  endpointText,
  socketUrl,
} from '../../../src/presentation/operator-endpoint.ts'

const environment = { HOME: '/home/ann' }

describe(chooseEndpoint, () => {
  it.each(['httpx://x', 'ftp://x', 'http://', 'http://x/path', 'http://x:123456', 'x:1', ''])(
    'refuses %j as an address',
    (url) => {
      expect(() => chooseEndpoint({ url, environment, isRoot: false })).toThrow('not the address')
    },
  )

  it('takes flags before the environment, and that before the default', () => {
    const full = { ...environment, REPAVE_URL: 'http://far:1', REPAVE_SOCKET: '/env.sock' }
    const choose = (choice: object, env: Record<string, string> = full) =>
      endpointText(chooseEndpoint({ environment: env, isRoot: false, ...choice }))
    expect(choose({ url: 'http://flag:2', socket: '/flag.sock' })).toBe('http://flag:2')
    expect(choose({ socket: '/flag.sock' })).toBe('/flag.sock')
    expect(choose({})).toBe('http://far:1')
    expect(choose({}, { REPAVE_SOCKET: '/env.sock' })).toBe('/env.sock')
    expect(choose({}, { REPAVE_DATA_DIR: '/data' })).toBe('/data/api.sock')
    expect(choose({}, environment)).toBe('/home/ann/.local/share/repave/api.sock')
    expect(choose({}, { XDG_DATA_HOME: '/xdg' })).toBe('/xdg/repave/api.sock')
    expect(choose({ isRoot: true }, environment)).toBe('/var/lib/repave/api.sock')
  })

  it('reads IPv6 addresses and gives them back', () => {
    const endpoint = chooseEndpoint({ url: 'http://[::1]:8092/', environment, isRoot: false })
    expect(endpoint).toEqual({ kind: 'url', secure: false, host: '::1', port: 8092 })
    expect(socketUrl(endpoint)).toBe('ws://[::1]:8092/api/v1/ws')
  })

  it('takes what proves who we are from flags before the environment', () => {
    const env = { ...environment, REPAVE_TOKEN: 'secret', REPAVE_CA: '/ca.pem' }
    const endpoint = chooseEndpoint({ url: 'https://site', environment: env, isRoot: false })
    expect(endpoint).toMatchObject({ secure: true, port: 443, token: 'secret' })
    expect(endpoint).toMatchObject({ authorityFile: '/ca.pem' })
    expect(socketUrl(endpoint)).toBe('wss://site:443/api/v1/ws')
    const choice = { url: 'https://site', tokenFile: '/token', authorityFile: '/mine.pem' }
    const chosen = chooseEndpoint({ ...choice, environment: env, isRoot: false })
    expect(chosen).toMatchObject({ tokenFile: '/token', authorityFile: '/mine.pem' })
    expect(chosen).not.toHaveProperty('token')
  })
})
