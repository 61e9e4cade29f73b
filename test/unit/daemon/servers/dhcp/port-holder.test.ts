import { describe, expect, test } from 'vitest'

import { socketInodes } from '../../../../../src/daemon/servers/dhcp/port-holder.ts'

const table = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  213: 0100007F:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 17001 2 0000000000000000 0
  227: 00000000:0043 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 17002 2 0000000000000000 0
  228: 0101A8C0:0043 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 17003 2 0000000000000000 0
`

describe(socketInodes, () => {
  test('finds every socket on the port', () => {
    expect([...socketInodes(table, 67)]).toEqual(['17002', '17003'])
  })

  test.each([
    ['a free port', table, 68],
    ['an empty table', '', 67],
    ['a table of noise', 'a b:0043', 6],
  ])('finds none of %s', (_title, text, port) => {
    expect(socketInodes(text, port).size).toBe(0)
  })
})
