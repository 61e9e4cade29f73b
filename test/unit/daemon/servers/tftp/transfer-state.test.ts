import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import {
  beginTransfer,
  stepTransfer,
  type TransferEvent,
  type TransferOutcome,
  type TransferStep,
} from '../../../../../src/daemon/servers/tftp/transfer-state.ts'
import { negotiateTftpOptions } from '../../../../../src/protocol/tftp/negotiate-tftp-options.ts'

function begin(fileBytes: number, options: Record<string, string> = {}): TransferStep {
  const requested = new Map(Object.entries(options))
  return beginTransfer(negotiateTftpOptions(requested, { fileBytes, mtuBytes: 1500 }), fileBytes)
}

/** Feeds events one after the other and returns the last step. */
function play(first: TransferStep, ...events: TransferEvent[]): TransferStep {
  return events.reduce((step, event) => stepTransfer(step.state, event), first)
}

const ack = (block: number): TransferEvent => ({ kind: 'acknowledged', block })
const timedOut: TransferEvent = { kind: 'timed-out' }
const wait = { kind: 'wait' }

const blocks = (firstBlock: number, lastBlock: number) =>
  expect.objectContaining({ kind: 'send-blocks', firstBlock, lastBlock })

const outcomeOf = ({ action }: TransferStep): TransferOutcome | undefined =>
  action.kind === 'finish' ? action.outcome : undefined

describe(stepTransfer, () => {
  test('T09 C-T07 a duplicated ACK sends nothing, however often it comes', () => {
    const step = play(begin(5000), ack(1))
    for (const repeated of [1, 1, 1, 1, 1]) {
      expect(play(step, ack(repeated)).action).toEqual(wait)
    }
  })

  test.each([0, 2, 3, 65_535, 32_768])(
    'T09 an ACK of block %i, never sent, is ignored',
    (block) => {
      expect(play(begin(5000), ack(block)).action).toEqual(wait)
    },
  )

  test('T09 ACK 0 replayed after the OACK was answered sends nothing', () => {
    const step = play(begin(5000, { blksize: '512' }), ack(0))
    expect(step.action).toEqual(blocks(1, 1))
    expect(play(step, ack(0)).action).toEqual(wait)
  })

  test('an OACK is answered by ACK 0 alone', () => {
    const first = begin(5000, { blksize: '512' })
    expect(first.action.kind).toBe('send-option-acknowledgement')
    expect(play(first, ack(1)).action).toEqual(wait)
  })

  test('without accepted options the first block is sent at once', () => {
    expect(begin(5000, { multicast: '' }).action).toEqual(blocks(1, 1))
  })

  test('C-T05 an ACK of the middle of a window sends the rest again from there', () => {
    const step = play(begin(50_000, { windowsize: '4' }), ack(0), ack(4))
    expect(step.action).toEqual(blocks(5, 8))
    expect(play(step, ack(6)).action).toEqual(blocks(7, 10))
  })

  test('a time-out sends the whole window again', () => {
    const step = play(begin(50_000, { windowsize: '4' }), ack(0), ack(4), timedOut)
    expect(step.action).toEqual(blocks(5, 8))
  })

  test('T03 T06 C-T03 EDK2 and iPXE look at the size and leave: no failure', () => {
    for (const errorCode of [8, 0]) {
      const refused: TransferEvent = { kind: 'refused', errorCode, message: 'User aborted' }
      expect(outcomeOf(play(begin(5000, { tsize: '0' }), refused))).toEqual({ kind: 'probed' })
    }
  })

  test('an ERROR in the middle is a failure with the reason the client gave', () => {
    const refused: TransferEvent = { kind: 'refused', errorCode: 3, message: 'Disk full' }
    expect(outcomeOf(play(begin(5000), ack(1), refused))).toEqual({
      kind: 'failed',
      reason: 'the client ended it: error 3 Disk full',
    })
  })

  test('T14 C-T09 a client that vanishes is given up after five retransmissions', () => {
    let step = play(begin(5000), ack(1))
    const waits: number[] = []
    while (step.action.kind === 'send-blocks') {
      waits.push(step.action.waitMs)
      step = play(step, timedOut)
    }
    expect(waits).toEqual([1000, 2000, 4000, 4000, 4000, 4000])
    expect(outcomeOf(step)).toMatchObject({ kind: 'failed' })
  })

  test.each([undefined, '1', '5', '60', '255'])(
    'T13 C-T08 when the last ACK never comes (timeout %s) it counts as sent',
    (timeout) => {
      let step = begin(600, timeout === undefined ? {} : { timeout })
      step = timeout === undefined ? step : play(step, ack(0))
      step = play(step, ack(1))
      let waitedMs = 0
      while (step.action.kind === 'send-blocks') {
        waitedMs += step.action.waitMs
        step = play(step, timedOut)
      }
      expect(outcomeOf(step)).toEqual({ kind: 'sent' })
      const asked = Number(timeout ?? 1) * 1000
      expect(waitedMs).toBeLessThanOrEqual(Math.max(20_000, asked))
    },
  )

  test('progress starts the count of retransmissions anew', () => {
    const step = play(begin(5000), timedOut, timedOut, timedOut, ack(1), timedOut)
    expect(step.state.retransmissions).toBe(1)
  })

  test('T11 the last block is short, or empty when the size is a multiple', () => {
    expect(begin(0).state.lastBlock).toBe(1)
    expect(begin(511).state.lastBlock).toBe(1)
    expect(begin(512).state.lastBlock).toBe(2)
    expect(begin(513).state.lastBlock).toBe(2)
    expect(outcomeOf(play(begin(512), ack(1), ack(2)))).toEqual({ kind: 'sent' })
  })

  test('T10 C-T06 block numbers wrap: 100 MB in blocks of 512 bytes', () => {
    const fileBytes = 100_000_000
    let step = begin(fileBytes)
    let block = 0
    while (step.action.kind === 'send-blocks' && step.action.firstBlock === block + 1) {
      block++
      step = play(step, ack(block & 0xffff))
    }
    expect(outcomeOf(step)).toEqual({ kind: 'sent' })
    expect(block).toBe(Math.floor(fileBytes / 512) + 1)
  })

  test('T10 loss at blocks 65535, 0 and 1 with a window across the wrap', () => {
    let step = play(begin(60_000_000, { windowsize: '8' }), ack(0))
    while (step.action.kind === 'send-blocks' && step.action.lastBlock < 65_540) {
      const { firstBlock, lastBlock } = step.action
      const lost = [65_535, 65_536, 65_537].find((it) => it >= firstBlock && it <= lastBlock)
      const arrived = lost === undefined || step.state.retransmissions > 0 ? lastBlock : lost - 1
      step = play(step, arrived < firstBlock ? timedOut : ack(arrived & 0xffff))
    }
    expect(step.state.acknowledgedBlock).toBeGreaterThan(65_500)
    expect(step.action.kind).toBe('send-blocks')
  })
})

interface Network {
  /** Drawn for every packet, 0 up to 1. */
  readonly draw: () => number
  readonly loss: number
  readonly copies: number
  readonly isReordering: boolean
}

/** One transfer over a network that loses, doubles and reorders, to a receiver after RFC 7440. */
function simulate(fileBytes: number, windowBlocks: number, network: Network) {
  const flying: { readonly to: 'client' | 'server'; readonly block: number }[] = []
  const send = (to: 'client' | 'server', block: number) => {
    for (let copy = 0; copy < network.copies; copy++) {
      if (network.draw() >= network.loss) flying.push({ to, block })
    }
  }
  const sends = { blocks: 0, timeOuts: 0 }
  let step = begin(fileBytes, { blksize: '512', windowsize: String(windowBlocks) })
  let received = 0
  let acknowledged = 0
  const perform = () => {
    if (step.action.kind === 'send-option-acknowledgement') send('client', 0)
    if (step.action.kind !== 'send-blocks') return
    for (let block = step.action.firstBlock; block <= step.action.lastBlock; block++) {
      sends.blocks++
      send('client', block)
    }
  }
  const receive = (block: number) => {
    const isNext = block === received + 1
    if (isNext) received = block
    const isWindowFull = received - acknowledged >= windowBlocks
    const isEnd = received === step.state.lastBlock
    if (block === 0 || !isNext || isWindowFull || isEnd) {
      acknowledged = received
      send('server', received & 0xffff)
    }
  }
  perform()
  for (let turn = 0; step.action.kind !== 'finish'; turn++) {
    if (turn > 500_000) throw new Error('the transfer never ended')
    const index = network.isReordering ? Math.floor(network.draw() * flying.length) : 0
    const [packet] = flying.splice(index, 1)
    if (packet?.to === 'client') {
      receive(packet.block)
      continue
    }
    if (packet === undefined) sends.timeOuts++
    step = stepTransfer(step.state, packet === undefined ? timedOut : ack(packet.block))
    perform()
  }
  return { outcome: step.action.outcome, received, lastBlock: step.state.lastBlock, sends }
}

const fileBytes = fc.integer({ min: 0, max: 60_000 })
const windowBlocks = fc.integer({ min: 1, max: 32 })
const draws = fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }))

describe('stepTransfer over a network', () => {
  test('T09 packets that come two to five times make no block be sent twice', () => {
    fc.assert(
      fc.property(fileBytes, fc.integer({ min: 1, max: 5 }), (bytes, copies) => {
        const network = { draw: () => 0.5, loss: 0, copies, isReordering: false }
        const { outcome, received, lastBlock, sends } = simulate(bytes, 1, network)
        expect(outcome).toEqual({ kind: 'sent' })
        expect(received).toBe(lastBlock)
        expect(sends).toEqual({ blocks: lastBlock, timeOuts: 0 })
      }),
    )
  })

  test('T12 without loss, doubling and reordering never end a transfer early', () => {
    fc.assert(
      fc.property(fileBytes, windowBlocks, draws, (bytes, window, stream) => {
        const draw = () => stream.next().value ?? 0.5
        const network = { draw, loss: 0, copies: 2, isReordering: true }
        const { outcome, received, lastBlock } = simulate(bytes, window, network)
        expect(outcome).toEqual({ kind: 'sent' })
        expect(received).toBe(lastBlock)
      }),
    )
  })

  test('T12 with up to a tenth lost it ends, and all but the last window is proven to have arrived', () => {
    const loss = fc.double({ min: 0, max: 0.1, noNaN: true })
    fc.assert(
      fc.property(fileBytes, windowBlocks, loss, draws, (bytes, window, rate, stream) => {
        const draw = () => stream.next().value ?? 0.5
        const network = { draw, loss: rate, copies: 1, isReordering: false }
        const { outcome, received, lastBlock } = simulate(bytes, window, network)
        if (outcome.kind === 'sent') expect(received).toBeGreaterThanOrEqual(lastBlock - window)
      }),
    )
  })
})
