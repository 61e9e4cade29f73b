import { describe, expect, test } from 'vitest'

import {
  PassedSockets,
  takePassedDescriptors,
} from '../../../../../src/daemon/servers/dhcp/passed-sockets.ts'
import { loadSocketCalls } from '../../../../../src/daemon/servers/dhcp/socket-calls.ts'

describe(takePassedDescriptors, () => {
  test.each([
    {},
    { LISTEN_FDS: '1' },
    { LISTEN_PID: '41', LISTEN_FDS: '1' },
    { LISTEN_PID: '42', LISTEN_FDS: '0' },
    { LISTEN_PID: '42', LISTEN_FDS: '-1' },
    { LISTEN_PID: '42', LISTEN_FDS: '1e9' },
    { LISTEN_PID: '42', LISTEN_FDS: 'two' },
  ])('takes none of %j', (environment) => {
    expect(takePassedDescriptors(environment, 42)).toEqual([])
  })

  test('takes those meant for this process, and hides them from programs that it starts', () => {
    const environment = { LISTEN_PID: '42', LISTEN_FDS: '2', LISTEN_FDNAMES: 'a:b', HOME: '/' }
    expect(takePassedDescriptors(environment, 42)).toEqual([3, 4])
    expect(environment).toEqual({ HOME: '/' })
  })
})

describe(PassedSockets, () => {
  test('uses neither what is no UDP socket of that port, nor a descriptor that is not open', async () => {
    const calls = await loadSocketCalls()
    const udp = calls.socket(2, 2, 0)
    const tcp = calls.socket(2, 1, 0)
    try {
      const passed = new PassedSockets([udp, tcp, 9999], calls)
      expect(passed.take('lo', 67)).toBeUndefined()
      expect(passed.left()).toEqual([udp, tcp, 9999])
      expect(passed.take('lo', 0)).toBe(udp)
      expect(passed.take('lo', 0)).toBeUndefined()
    } finally {
      calls.close(udp)
      calls.close(tcp)
    }
  })
})
