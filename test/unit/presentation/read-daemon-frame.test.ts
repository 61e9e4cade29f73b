import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { daemonToOperatorSchema } from '../../../src/contract/operator-frames.ts'
import { readDaemonFrame } from '../../../src/presentation/read-daemon-frame.ts'
import { runEvent, runningRun, sampleMachine, sampleRun } from '../../fakes/sample-fleet.ts'

const event = { ...runEvent(runningRun(1, 2), 'task-started'), seq: 7 }
const read = (frame: unknown) => readDaemonFrame(JSON.stringify(frame))

describe(readDaemonFrame, () => {
  it('takes no event whose own members are of another type', () => {
    const names = ['seq', 'timeMs', 'type', 'action', 'key', 'principal', 'machineId', 'body']
    for (const name of names) {
      for (const wrong of [null, true, [1], { of: 1 }, 1.5, 'word']) {
        const changed = { ...event, [name]: wrong }
        const frame = { frame: 'event', id: '1', event: changed }
        if (daemonToOperatorSchema.safeParse(frame).success) continue
        const isCheckedByReader = name === 'machineId' && wrong === 'word'
        expect([name, wrong, read(frame) !== undefined]).toEqual([name, wrong, isCheckedByReader])
        expect(read({ frame: 'events', id: '1', events: [event, changed] }) !== undefined).toBe(
          isCheckedByReader,
        )
      }
    }
  })

  it('takes no frame that it does not know, and nothing that is no JSON', () => {
    expect(read({ frame: 'weather', id: '1', event })).toBeUndefined()
    expect(read({ frame: 'event', event })).toBeUndefined()
    expect(read({ frame: 'subscribed', id: '1', seq: 1, machines: [{}], runs: [] })).toBeUndefined()
    expect(readDaemonFrame('{')).toBeUndefined()
  })

  it('takes what the contract takes, whatever an event carries', () => {
    const body = fc.dictionary(fc.string(), fc.jsonValue())
    fc.assert(
      fc.property(body, (carried) => {
        const frame = { frame: 'event', id: '1', event: { ...event, body: carried } }
        const text = JSON.stringify(frame)
        expect(readDaemonFrame(text)).toEqual(JSON.parse(text))
      }),
    )
    const frames = [
      { frame: 'events', id: '1', events: [event] },
      { frame: 'subscribed', id: '1', seq: 1, machines: [sampleMachine(1)], runs: [sampleRun(1)] },
      { frame: 'lagging', id: '1', lastSeq: 6 },
    ]
    for (const frame of frames) expect(read(frame)).toEqual(daemonToOperatorSchema.parse(frame))
  })
})
