import { Box, renderToString } from 'ink'
import { createElement as h } from 'react'
import { beforeAll, describe, expect, it } from 'vitest'

import type { Image } from '../../../../src/contract/api-documents.ts'
import type { Status } from '../../../../src/contract/status-documents.ts'
import type { FeedItem } from '../../../../src/presentation/operator-feed.ts'
import { Screen } from '../../../../src/tui/components/screen.ts'
import { nextScreen } from '../../../../src/tui/next-screen.ts'
import {
  initialScreen,
  type ScreenAction,
  type ScreenState,
} from '../../../../src/tui/screen-state.ts'
import { type Theme, ThemeContext } from '../../../../src/tui/theme.ts'
import {
  failedRun,
  runEvent,
  runningRun,
  sampleDigest,
  sampleId,
  sampleInventory,
  sampleMachine,
  sampleProgress,
  sampleRun,
  sampleTimeMs,
  succeededRun,
} from '../../../fakes/sample-fleet.ts'
import { stuckExplanation } from '../../../fakes/stuck-explanation.ts'
import { pressed } from '../../../fakes/tui-press.ts'

const plain: Theme = { ascii: false, colour: false }

function frameOf(state: ScreenState, columns: number, rows = 24, theme = plain): string[] {
  const screen = h(Screen, { state, columns, rows })
  const tree = h(ThemeContext.Provider, { value: theme }, h(Box, {}, screen))
  return renderToString(tree, { columns }).split('\n')
}

function fleetState(): ScreenState {
  const machines = [
    sampleMachine(1, { state: 'deployed', imageName: 'debian-12' }),
    sampleMachine(2),
    sampleMachine(3, { state: 'failed' }),
    sampleMachine(4),
  ]
  const runs = [succeededRun(1), runningRun(2, 2), failedRun(3), sampleRun(4)]
  const item = { kind: 'snapshot', seq: 1, fresh: true, machines, runs } as const
  let state = initialScreen(sampleTimeMs)
  const feed = (fed: Parameters<typeof nextScreen>[1] & { kind: 'feed' }) => {
    state = nextScreen(state, fed)
  }
  feed({ kind: 'feed', items: [item], nowMs: sampleTimeMs })
  for (const [nowMs, doneBytes] of [
    [sampleTimeMs + 4000, 0],
    [sampleTimeMs + 9000, sampleProgress().doneBytes],
  ] as const) {
    const progress = sampleProgress({ doneBytes })
    const [machineId, runId] = [sampleId(2), sampleId(2, 'bb')]
    feed({ kind: 'feed', items: [{ kind: 'progress', machineId, runId, progress }], nowMs })
  }
  return state
}

const sampleImage: Image = {
  name: 'debian-12',
  version: '12.9-20261120',
  digest: sampleDigest('a'),
  rawDigest: sampleDigest('b'),
  rawBytes: 1536 * 1024 ** 2,
  packBytes: 137 * 1024 ** 2,
  chunks: 384,
  zeroChunks: 250,
  importedAtMs: sampleTimeMs - 86_400_000,
  state: 'ready',
  signature: 'signed',
}

const statusAfter = (offers: number): Status => ({
  version: '0.1.0',
  startedAtMs: sampleTimeMs - 3_600_000,
  interface: 'eno2',
  provisioningUrl: 'http://10.77.0.1:8090',
  servers: [
    { name: 'dhcp', endpoint: '10.77.0.1:67', counters: { offers, malformed: 0 } },
    { name: 'tftp', endpoint: '10.77.0.1:69', counters: {} },
  ],
  machines: 4,
  images: 2,
})

beforeAll(() => {
  process.env['TZ'] = 'UTC'
})

describe(Screen, () => {
  const onSecond = pressed(fleetState(), 'j')
  const opened = pressed(onSecond, '<enter>')

  it.each([60, 80, 120, 200])('never exceeds %i columns or its rows', (columns) => {
    for (const state of [initialScreen(0), onSecond, opened]) {
      const lines = frameOf(state, columns)
      expect(lines.length).toBeLessThanOrEqual(23)
      for (const line of lines) expect(Array.from(line).length).toBeLessThanOrEqual(columns)
    }
  })

  it('lists machines alone at 60 columns, with progress as a number', () => {
    expect(frameOf(onSecond, 60).slice(0, 5)).toEqual([
      ' repave  4 machines  2 deploying  1 failed        connected',
      ' ✓ node-1 deployed    -                9.0s',
      '>▶ node-2 deploying   write       58%  9.0s',
      ' ✗ node-3 failed      -                9.0s',
      ' ● node-4 waiting     discover         9.0s',
    ])
  })

  it('lists machines alone at 80 columns, with a bar', () => {
    expect(frameOf(onSecond, 80).slice(0, 3)).toEqual([
      ' repave  4 machines  2 deploying  1 failed                  connected  03:04:14',
      ' ✓ node-1 deployed    -                        52:54:00:aa:bb:01 9.0s',
      '>▶ node-2 deploying   write       ████░░░  58% 52:54:00:aa:bb:02 9.0s',
    ])
  })

  it('shows the machine beside the list from 120 columns on', () => {
    const detail = frameOf(onSecond, 120).map((line) => line.slice(56).trimEnd())
    expect(detail.slice(1, 10)).toEqual([
      'node-2  ▶ deploying',
      '52:54:00:aa:bb:02',
      'uefi x86_64  QEMU Standard PC  4.0 GiB',
      '✓ discover 4.0s  ▶ write 5.0s  · finish',
      'write   █████████████████████░░░░░░░░░░░░░░░░  58%  1.3/2.2 GiB',
      'verify  ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░   0%  0.0/2.2 GiB',
      '        312 MiB/s  ETA ~3 s',
      '        fetched 104 MiB  refetched 0',
      'run 00000002  deploy-image  image debian-12  disk /dev/vda  10.…',
    ])
  })

  it('names the image in the list at 200 columns', () => {
    expect(frameOf(onSecond, 200)[1]).toContain('✓ node-1 deployed    debian-12')
  })

  it('fills the screen with one machine when it is opened', () => {
    const lines = frameOf(opened, 80)
    expect(lines[1]).toBe('node-2  ▶ deploying')
    expect(lines.at(-1)).toContain(' esc back   j/k other machine   : command   ? help   q quit')
  })

  it('shows a failure with its reason and the command that tries again', () => {
    const failed = pressed(opened, 'j')
    expect(frameOf(failed, 80)).toEqual(
      expect.arrayContaining([
        'ERR_DISK_WRITE the disk said no',
        'try again: repave machine deploy node-3 --image debian-12',
      ]),
    )
  })

  const explained = (told = stuckExplanation()) =>
    nextScreen(opened, { kind: 'explanation', machineId: sampleId(2), told })

  it('shows why a machine is stuck, what to try and its last steps', () => {
    const lines = frameOf(explained(), 80).map((line) => line.trimEnd())
    const from = lines.findIndex((line) => line.startsWith('node-2 is stuck'))
    expect(lines.slice(from, from + 6)).toEqual([
      'node-2 is stuck: iPXE was offered 10.0.0.7. Missing for 41s: a REQUEST from iPXE',
      '        (usually 0.1s)',
      '  try   another DHCP server may have answered faster: repave doctor',
      '      0.0s  +0.0s     PXE was offered 10.0.0.7',
      '      2.0s  +2.0s     got ipxe.efi',
      '      8.0s  +6.0s     iPXE was offered 10.0.0.7',
    ])
  })

  it('says nothing of why where a machine does what it should', () => {
    const calm = explained(stuckExplanation({ state: 'working' }))
    expect(frameOf(calm, 80)).toEqual(frameOf(opened, 80))
  })

  it.each([60, 80, 120, 200])(
    'keeps to its rows with the longest explanation at %i columns',
    (columns) => {
      const long = '\u001b[2J' + 'long word '.repeat(200)
      const told = stuckExplanation({ lastGood: long, expected: long, hint: long })
      for (const rows of [10, 14, 24]) {
        const lines = frameOf(explained(told), columns, rows)
        expect(lines.length).toBeLessThanOrEqual(rows - 1)
        for (const line of lines) expect(Array.from(line).length).toBeLessThanOrEqual(columns)
        expect(lines.join('')).not.toContain('\u001b[2J')
      }
    },
  )

  it('shows the proof of a success', () => {
    const succeeded = pressed(opened, 'k')
    expect(frameOf(succeeded, 120).join('\n')).toContain('proof 2.0 GiB read back  sha256:cccc')
  })

  it('says first what limits a write and what of it is proven, then the rate of each step', () => {
    const mebibyte = 1024 ** 2
    const rates = {
      networkBytesPerSecond: 104 * mebibyte,
      decodeBytesPerSecond: 512 * mebibyte,
      diskBytesPerSecond: 311 * mebibyte,
    }
    const progress = sampleProgress({ ...rates, bottleneck: 'disk', provenBytes: 1024 * mebibyte })
    const [machineId, runId] = [sampleId(2), sampleId(2, 'bb')]
    const item = { kind: 'progress', machineId, runId, progress } as const
    const state = nextScreen(opened, { kind: 'feed', items: [item], nowMs: sampleTimeMs })
    const text = frameOf(state, 80).join('\n')
    expect(text).toMatch(/312 MiB\/s .*bound by disk {2}proven 1\.0 GiB/)
    expect(text).toMatch(/net 104 MiB\/s {2}decode 512 MiB\/s {2}disk 311 MiB\/s/)
  })

  it('gives the read-back a bar of its own', () => {
    const progress = sampleProgress({ phase: 'verify', doneBytes: 0 })
    const [machineId, runId] = [sampleId(2), sampleId(2, 'bb')]
    const item = { kind: 'progress', machineId, runId, progress } as const
    const state = nextScreen(opened, { kind: 'feed', items: [item], nowMs: sampleTimeMs })
    const lines = frameOf(state, 80)
    expect(lines.find((line) => line.startsWith('write'))).toContain('100%')
    expect(lines.find((line) => line.startsWith('verify'))).toContain('  0%')
  })

  const full = [
    { kind: 'images', images: [sampleImage, { ...sampleImage, name: 'debian-13', version: '2' }] },
    { kind: 'status', status: statusAfter(40), nowMs: sampleTimeMs + 8000 },
    { kind: 'status', status: statusAfter(52), nowMs: sampleTimeMs + 9000 },
    ...[
      runEvent(sampleRun(4), 'created'),
      runEvent(runningRun(2, 2), 'task-started', { task: 'write-image' }),
      runEvent(failedRun(3), 'failed'),
    ].map((event, index) => ({
      kind: 'feed' as const,
      items: [{ kind: 'event' as const, event: { ...event, seq: 7 + index } }],
      nowMs: sampleTimeMs + 9000,
    })),
  ].reduce((state, action) => nextScreen(state, action as ScreenAction), onSecond)
  const stuck = nextScreen(pressed(full, '2'), {
    kind: 'explanation',
    machineId: sampleId(2),
    told: stuckExplanation(),
  })
  const confirming = pressed(full, 'c', 'canc')
  const filtering = pressed(full, '/', 'state:deploy')

  it.each(
    [60, 80, 120, 200].flatMap((columns) =>
      [
        ['machines', full],
        ['machine', pressed(full, '2')],
        ['machine-stuck', pressed(stuck, '2')],
        ['runs', pressed(full, '3')],
        ['images', pressed(full, '4')],
        ['services', pressed(full, '5')],
        ['events', pressed(full, '6')],
        ['help', pressed(full, '?')],
        ['confirm', confirming],
        ['filter', filtering],
      ].map(([name, state]) => [name as string, columns, state as ScreenState] as const),
    ),
  )('draws %s at %i columns as it was agreed', async (name, columns, state) => {
    const lines = frameOf(state, columns)
    for (const line of lines) expect(Array.from(line).length).toBeLessThanOrEqual(columns)
    const frame = `${lines.map((line) => line.trimEnd()).join('\n')}\n`
    await expect(frame).toMatchFileSnapshot(`../../../vectors/tui/${name}-${columns}.txt`)
  })

  it('is one line on a terminal of 20 by 5 (U02)', () => {
    expect(frameOf(onSecond, 20, 5)).toEqual(['repave 4 machines  2'])
  })

  it('keeps the last state and says so while the daemon is away', () => {
    const item = { kind: 'disconnected', attempt: 3, reason: 'reset' } as const
    const lost = nextScreen(onSecond, { kind: 'feed', items: [item], nowMs: sampleTimeMs })
    const lines = frameOf(lost, 80)
    expect(lines[0]).toContain('reconnecting (3)')
    expect(lines[2]).toContain('node-2')
  })

  it('says how to start a daemon where none answers', () => {
    const item = { kind: 'disconnected', attempt: 1, reason: 'connect ENOENT' } as const
    const lost = nextScreen(initialScreen(0), { kind: 'feed', items: [item], nowMs: 0 })
    const text = frameOf(lost, 80).join('\n')
    expect(text).toContain('connect ENOENT')
    expect(text).toContain('repave serve')
  })

  it('draws nothing outside ASCII where that is asked for', () => {
    for (const columns of [60, 120]) {
      const text = frameOf(onSecond, columns, 24, { ascii: true, colour: false }).join('\n')
      expect(text).toMatch(/^[\n\u0020-\u007e]*$/)
    }
  })

  it('draws only the machines that are visible', () => {
    const machines = Array.from({ length: 5000 }, (_, index) =>
      sampleMachine(1, { id: sampleId(index), name: `m-${index}` }),
    )
    const item = { kind: 'snapshot', seq: 1, fresh: true, machines, runs: [] } as const
    const many = nextScreen(initialScreen(0), { kind: 'feed', items: [item], nowMs: 0 })
    const last = pressed(many, 'G')
    const lines = frameOf(last, 80)
    expect(lines).toHaveLength(23)
    expect(lines.at(-2)).toContain('m-4999')
  })

  it('lets nothing that a machine says reach the terminal as a command (U01)', () => {
    const hostile = '\u001b]52;c;YQ==\u0007\u001b[2J\u202e\u200b\r\n'
    const system = { manufacturer: hostile, productName: hostile, serialNumber: hostile }
    const machine = sampleMachine(1, { inventory: { ...sampleInventory, system } })
    const failure = { code: hostile, message: hostile.repeat(50), retryable: false }
    const run = { ...failedRun(1), failure }
    const items: FeedItem[] = [
      { kind: 'snapshot', seq: 1, fresh: true, machines: [machine], runs: [run] },
      {
        kind: 'event',
        event: {
          seq: 2,
          timeMs: 0,
          type: 'log',
          action: 'lines',
          key: hostile,
          principal: hostile,
          machineId: machine.id,
          body: { lines: [hostile, 'x'.repeat(1_000_000)] },
        },
      },
    ]
    let state = initialScreen(0)
    for (const item of items) state = nextScreen(state, { kind: 'feed', items: [item], nowMs: 0 })
    for (const columns of [60, 120, 200]) {
      for (const shown of [state, pressed(state, '<enter>')]) {
        const text = frameOf(shown, columns).join('\n')
        expect(text).not.toMatch(
          /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e]/,
        )
      }
    }
  })
})
