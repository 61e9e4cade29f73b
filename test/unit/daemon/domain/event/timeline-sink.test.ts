import { describe, expect, test } from 'vitest'

import type { NewEvent } from '../../../../../src/contract/event.ts'
import { timelineSink } from '../../../../../src/daemon/domain/event/timeline-sink.ts'

const macAddress = '52:54:00:aa:bb:01'
const machineId = '00000000-0000-4000-8000-000000000001'
const event = (type: string, action: string, key: string, body: NewEvent['body'] = {}) => ({
  ...{ timeMs: 0, principal: 'daemon' },
  ...{ type, action, key, body },
})

function openSink() {
  const recorded: NewEvent[] = []
  const sink = timelineSink({ record: (one) => recorded.push(one) }, (address) =>
    address === macAddress ? machineId : undefined,
  )
  return { sink, recorded }
}

describe(timelineSink, () => {
  test('what nobody is known for stays as it was', () => {
    const { sink, recorded } = openSink()
    const unknown = [event('tftp', 'sent', '10.77.0.9'), event('dhcp', 'ack', '52:54:00:aa:bb:02')]
    for (const one of unknown) sink.record(one)
    expect(recorded).toEqual(unknown)
  })

  test('a DHCP exchange belongs to the machine with that card', () => {
    const { sink, recorded } = openSink()
    sink.record(event('dhcp', 'offer', macAddress))
    expect(recorded).toMatchObject([{ type: 'dhcp', machineId }])
  })

  test('a transfer belongs to the machine that was last given the address', () => {
    const { sink, recorded } = openSink()
    sink.record(event('dhcp', 'ack', macAddress, { address: '10.77.0.9' }))
    sink.record(event('tftp', 'sent', '10.77.0.9'))
    sink.record(event('dhcp', 'ack', '52:54:00:aa:bb:02', { address: '10.77.0.9' }))
    sink.record(event('http', 'sent', '10.77.0.9'))
    expect(recorded.map((one) => one.machineId)).toEqual([
      machineId,
      machineId,
      undefined,
      undefined,
    ])
  })
})
