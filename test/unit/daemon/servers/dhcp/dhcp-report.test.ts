import { describe, expect, test } from 'vitest'

import { parseMacAddress } from '../../../../../src/base/mac-address.ts'
import type { NewEvent } from '../../../../../src/contract/event.ts'
import { createDhcpReport } from '../../../../../src/daemon/servers/dhcp/dhcp-report.ts'
import { dhcpExchange } from '../../../../fakes/dhcp-exchange.ts'
import { dhcpRequest } from '../../../../fakes/dhcp-request.ts'
import { ManualTime } from '../../../../fakes/manual-time.ts'
import { createSilentLogger } from '../../../../fakes/silent-logger.ts'

function reportInto() {
  const events: NewEvent[] = []
  const logger = createSilentLogger()
  const time = new ManualTime()
  const report = createDhcpReport(time, logger, { record: (event) => events.push(event) })
  return { events, logger, time, report }
}

const machine = (number: number) => parseMacAddress(number.toString(16).padStart(12, '0'))
const exchangeOf = (number: number) => dhcpExchange(dhcpRequest({ macAddress: machine(number) }))

describe(createDhcpReport, () => {
  test('D18 a flood of strangers leaves a bounded number of events', () => {
    const { events, report } = reportInto()
    for (let number = 2; number < 20_000; number += 2) report.tell('offer', exchangeOf(number), {})
    expect(events).toHaveLength(200)
  })

  test('D21 a full pool is one fact, told again while it lasts', () => {
    const { events, report, time } = reportInto()
    for (let number = 2; number < 200; number += 2) report.tell('pool-full', exchangeOf(number), {})
    expect(events).toHaveLength(4)
    time.advance(5000)
    report.tell('pool-full', exchangeOf(2), {})
    expect(events).toHaveLength(5)
  })

  test('D01 a thousand bad packets are one line, which counts them', () => {
    const { logger, report, time } = reportInto()
    for (let round = 0; round < 1000; round++) report.complain({}, 'a bad packet')
    time.advance(10_000)
    report.complain({}, 'a bad packet')
    expect(logger.lines.map(({ facts }) => facts)).toEqual([{ heldBack: 0 }, { heldBack: 999 }])
  })

  test('U01 D06 what a client says of itself is cut and made harmless', () => {
    const { events, report } = reportInto()
    const hostile = [0x1b, 0x5d, 0x35, 0x32, 0x07, 0x0d, 0x0a, 0xe2, 0x80, 0xae]
    const hostName = Uint8Array.from([...hostile, ...new Uint8Array(200).fill(65)])
    report.tell('ack', dhcpExchange(dhcpRequest({ options: [[12, hostName]] })), {})
    expect(events[0]?.body['hostName']).toBe(`?]52??????${'A'.repeat(54)}`)
  })
})
