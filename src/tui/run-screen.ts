import { render } from 'ink'
import { createElement as h } from 'react'

import type { OperatorEndpoint } from '../presentation/operator-endpoint.ts'
import { openFeed } from '../operator-client/open-feed.ts'
import { RunWatch } from '../presentation/run-watch.ts'
import { App } from './components/app.ts'
import { fulfilWish } from './fulfil-wish.ts'
import { ScreenStore } from './screen-store.ts'
import { initialScreen } from './screen-state.ts'
import type { Theme } from './theme.ts'

/** Everything: the events have a screen of their own. */
const screenTopics = ['*.*.*']

export interface ScreenOptions {
  readonly endpoint: OperatorEndpoint
  readonly theme: Theme
  /** Leave when every machine's newest run, and all later ones, have ended. */
  readonly exitWhenDone: boolean
  /** Nothing can be changed from this screen. */
  readonly readOnly: boolean
}

const interrupted = 130
/** Clocks and durations on screen move this often. */
const tickMs = 1000

/** Draws until the person leaves; afterwards prints, with `exitWhenDone`, the proof of each run. */
export async function runScreen(options: ScreenOptions): Promise<number> {
  const { endpoint, theme, exitWhenDone } = options
  const ending = new AbortController()
  const end = () => ending.abort()
  const store = new ScreenStore(initialScreen(Date.now(), options.readOnly), (wish) => {
    const connection = { endpoint, isReadOnly: options.readOnly, signal: ending.signal }
    const write = (text: string) => process.stdout.write(text)
    void fulfilWish(
      { connection, dispatch: (action) => store.dispatch(action), quit: end, write },
      wish,
    )
  })
  const watch = new RunWatch()
  process.stdout.write(wheelMovesCursor)
  const screen = render(h(App, { store, theme }), {
    alternateScreen: true,
    incrementalRendering: true,
    interactive: true,
    exitOnCtrlC: false,
    maxFps: 10,
  })
  const ticks = setInterval(() => store.dispatch({ kind: 'tick', nowMs: Date.now() }), tickMs)
  for (const signal of endingSignals) process.once(signal, end)
  try {
    for await (const item of openFeed({
      endpoint,
      topics: screenTopics,
      signal: ending.signal,
    })) {
      store.tell(item)
      if (!exitWhenDone) continue
      watch.take(item, Date.now())
      if (watch.isDone) break
    }
  } finally {
    clearInterval(ticks)
    store.close()
    for (const signal of endingSignals) process.off(signal, end)
    screen.unmount()
    await screen.waitUntilExit()
    process.stdout.write(wheelScrolls)
  }
  return exitWhenDone ? reportOutcome(watch) : 0
}

/**
 * Has the terminal send arrow keys for the wheel while the alternate screen is up (xterm's mode 1007). The mouse
 * itself stays the terminal's: text can be selected.
 */
const wheelMovesCursor = '\u001b[?1007h'
const wheelScrolls = '\u001b[?1007l'

const endingSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

function reportOutcome(watch: RunWatch): number {
  for (const line of watch.outcomes) process.stdout.write(`${line}\n`)
  if (watch.isDone) {
    process.stdout.write(`${watch.summary}\n`)
    return watch.hasSucceeded ? 0 : 1
  }
  process.stderr.write(`no longer watching; still under way: ${watch.underWay.join(', ') || '-'}\n`)
  process.stderr.write('  try   repave run watch --all --until-done\n')
  return interrupted
}
