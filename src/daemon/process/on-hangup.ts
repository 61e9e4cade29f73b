import { closeSync, openSync } from 'node:fs'

export interface HangupActions {
  readonly reload: () => void
  readonly stop: () => void
}

/**
 * SIGHUP asks for a reload, as it does of every daemon; but a daemon that runs in a terminal stops
 * when that terminal is closed, which sends the same signal.
 */
export function onHangup({ reload, stop }: HangupActions): void {
  const hadTerminal = hasTerminal()
  process.on('SIGHUP', () => (hadTerminal && !hasTerminal() ? stop() : reload()))
}

function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'))
    return true
  } catch {
    return false
  }
}
