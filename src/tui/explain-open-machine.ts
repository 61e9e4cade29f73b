import { selectedMachine } from './listed.ts'
import type { ScreenState } from './screen-state.ts'

/** A machine gets stuck by the passing of time, which no event tells: asked again this often. */
const explainEveryMs = 2000

/** Asks why the open machine is where it is: at once when it is opened, then now and then. */
export function explainOpenMachine(state: ScreenState): ScreenState {
  if (state.view !== 'machine' || state.wish !== undefined) return state
  const machine = selectedMachine(state)
  if (machine === undefined || state.connection.kind !== 'connected') return state
  const { asked, nowMs } = state
  if (asked?.machineId === machine.id && nowMs - asked.atMs < explainEveryMs) return state
  return {
    ...state,
    asked: { machineId: machine.id, atMs: nowMs },
    wish: { kind: 'explain', machineId: machine.id },
  }
}
