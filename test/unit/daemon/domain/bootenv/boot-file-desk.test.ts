import { describe, expect, it } from 'vitest'

import { parseIpv4Address } from '../../../../../src/base/ipv4-address.ts'
import { parseMacAddress } from '../../../../../src/base/mac-address.ts'
import type { NewEvent } from '../../../../../src/contract/event.ts'
import { BootFileDesk } from '../../../../../src/daemon/domain/bootenv/boot-file-desk.ts'
import { ManualTime } from '../../../../fakes/manual-time.ts'

const hosts = {
  provisioningUrl: 'http://10.77.0.1:8090',
  serverAddress: parseIpv4Address('10.77.0.1'),
}
const macAddress = parseMacAddress('52:54:00:00:00:01')

describe('BootFileDesk', () => {
  it('says each answer once, not for DISCOVER and REQUEST alike', () => {
    const time = new ManualTime()
    const events: NewEvent[] = []
    const desk = new BootFileDesk(hosts, { record: (event) => events.push(event) }, time)
    const firmware = { macAddress, platform: 'bios', kind: 'firmware' } as const
    desk.bootFileFor(firmware)
    desk.bootFileFor(firmware)
    desk.bootFileFor({ ...firmware, kind: 'ipxe' })
    desk.bootFileFor({ ...firmware, kind: 'none' })
    time.advance(10_000)
    desk.bootFileFor({ ...firmware, kind: 'ipxe' })
    expect(events.map(({ body }) => body['because'])).toEqual([
      'BIOS firmware, it gets iPXE on top of its own network driver',
      'iPXE runs already, it gets its script',
      'iPXE runs already, it gets its script',
    ])
    expect(events[0]).toMatchObject({ type: 'boot', action: 'decided', key: macAddress })
  })
})
