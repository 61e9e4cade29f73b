import { setTimeout as sleep } from 'node:timers/promises'

import { cleanup, render } from 'ink-testing-library'
import { createElement as h } from 'react'
import { afterEach, describe, expect, it, vi } from 'vitest'

import { App } from '../../../../src/tui/components/app.ts'
import { initialScreen, type Wish } from '../../../../src/tui/screen-state.ts'
import { ScreenStore } from '../../../../src/tui/screen-store.ts'
import { sampleMachine, sampleRun, sampleTimeMs } from '../../../fakes/sample-fleet.ts'

const theme = { ascii: true, colour: false }

function startApp() {
  const onWish = vi.fn<(wish: Wish) => void>()
  const store = new ScreenStore(initialScreen(sampleTimeMs), onWish)
  const item = {
    kind: 'snapshot',
    seq: 1,
    fresh: true,
    machines: [sampleMachine(1), sampleMachine(2)],
    runs: [sampleRun(1), sampleRun(2)],
  } as const
  store.dispatch({ kind: 'feed', items: [item], nowMs: sampleTimeMs })
  const screen = render(h(App, { store, theme }))
  return { ...screen, store, onWish }
}

/** Keys are read when React has run its effects. */
async function frameWith(app: ReturnType<typeof startApp>, text: string): Promise<void> {
  await expect.poll(() => app.lastFrame()).toContain(text)
}

afterEach(() => cleanup())

describe(App, () => {
  it('moves, opens, goes back, helps and quits by keys', async () => {
    const app = startApp()
    await frameWith(app, '>o node-1')
    app.stdin.write('j')
    await frameWith(app, '>o node-2')
    app.stdin.write('\r')
    await frameWith(app, '52:54:00:aa:bb:02')
    await frameWith(app, 'esc back')
    app.stdin.write('?')
    await frameWith(app, 'one machine on the whole screen')
    app.stdin.write('?')
    await frameWith(app, 'esc back')
    app.stdin.write('q')
    await expect.poll(() => app.onWish.mock.lastCall).toEqual([{ kind: 'quit' }])
  })

  it('draws at most ten times a second, however fast the daemon tells', async () => {
    const app = startApp()
    await frameWith(app, 'node-1')
    const before = app.frames.length
    const startedMs = performance.now()
    while (performance.now() - startedMs < 500) {
      const nowMs = sampleTimeMs + Math.round(performance.now() * 1000)
      app.store.dispatch({ kind: 'tick', nowMs })
      await sleep(1)
    }
    const tenths = Math.ceil((performance.now() - startedMs) / 100)
    expect(app.frames.length - before).toBeLessThanOrEqual(tenths + 1)
  })
})
