import { selectedMachine } from './listed.ts'
import type { ScreenState } from './screen-state.ts'
import type { ScreenView } from './screen-view.ts'

/** Another view; a filter speaks of the rows of one only. */
export function showView(state: ScreenState, view: ScreenView): ScreenState {
  if (view === 'machine' && selectedMachine(state) === undefined) return state
  const cursors =
    view === 'machine'
      ? { ...state.cursors, machines: selectedMachine(state)?.id ?? '' }
      : state.cursors
  const filter = view === state.view ? state.filter : ''
  const read = view === 'services' ? ({ kind: 'read', what: 'status' } as const) : undefined
  return {
    ...state,
    view,
    cursors,
    filter,
    showsHelp: false,
    ...(read === undefined ? {} : { wish: read }),
  }
}
