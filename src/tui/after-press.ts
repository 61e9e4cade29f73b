import { afterCommand } from './after-command.ts'
import { browseKeys, type BrowseMeaning, changingMeanings } from './browse-keys.ts'
import { cursorIndex, listedIds, selectedMachine } from './listed.ts'
import type { NamedKey, Press } from './press.ts'
import type { Confirmation, Entry, ScreenState } from './screen-state.ts'
import { isListView, screenViews } from './screen-view.ts'
import { showView } from './show-view.ts'

/** The screen after a key: what it means depends on whether something is being typed. */
export function afterPress(before: ScreenState, press: Press): ScreenState {
  const { notice: _, ...state } = before
  if (press.kind === 'key' && press.key === 'interrupt') return { ...state, wish: { kind: 'quit' } }
  if (state.confirmation !== undefined) return afterConfirmKey(state, state.confirmation, press)
  if (state.entry !== undefined) return afterEntryKey(state, state.entry, press)
  if (press.kind === 'key') return afterMeaning(state, namedMeanings[press.key])
  const view = screenViews[Number(press.character) - 1]
  if (view !== undefined) return showView(state, view)
  const meaning = Object.hasOwn(browseKeys, press.character)
    ? browseKeys[press.character]
    : undefined
  return afterMeaning(state, meaning)
}

const namedMeanings: Readonly<Partial<Record<NamedKey, BrowseMeaning>>> = {
  up: 'up',
  down: 'down',
  'page-up': 'page-up',
  'page-down': 'page-down',
  enter: 'open',
  escape: 'back',
}

/** Text with one more key in it. */
function typed(text: string, press: Press): string {
  if (press.kind === 'character') return text + press.character
  return press.key === 'backspace' ? Array.from(text).slice(0, -1).join('') : text
}

function isKey(press: Press, key: NamedKey): boolean {
  return press.kind === 'key' && press.key === key
}

function afterConfirmKey(
  state: ScreenState,
  confirmation: Confirmation,
  press: Press,
): ScreenState {
  const { confirmation: _, ...rest } = state
  if (isKey(press, 'escape')) {
    return { ...rest, notice: { text: 'nothing was done', tone: 'waiting' } }
  }
  if (!isKey(press, 'enter')) {
    return { ...state, confirmation: { ...confirmation, typed: typed(confirmation.typed, press) } }
  }
  if (confirmation.typed !== confirmation.expected) {
    return { ...state, notice: { text: `type ${confirmation.expected}`, tone: 'attention' } }
  }
  return { ...rest, wish: { kind: 'order', order: confirmation.order } }
}

function afterEntryKey(state: ScreenState, entry: Entry, press: Press): ScreenState {
  const { entry: _, ...rest } = state
  const isFilter = entry.kind === 'filter'
  if (isKey(press, 'escape')) return isFilter ? { ...rest, filter: '' } : rest
  if (isKey(press, 'enter')) return isFilter ? rest : afterCommand(rest, entry.text)
  if (isKey(press, 'backspace') && entry.text === '') return rest
  const text = typed(entry.text, press)
  return { ...state, entry: { ...entry, text }, ...(isFilter ? { filter: text } : {}) }
}

const pageLength = 10

/** How far a key moves the cursor. */
const steps = {
  up: -1,
  down: 1,
  'page-up': -pageLength,
  'page-down': pageLength,
  first: Number.NEGATIVE_INFINITY,
  last: Number.POSITIVE_INFINITY,
} as const

function afterMeaning(state: ScreenState, meaning: BrowseMeaning | undefined): ScreenState {
  if (meaning === undefined) return state
  if (state.isReadOnly && changingMeanings.has(meaning)) {
    return { ...state, notice: { text: 'read-only: nothing can be changed here', tone: 'waiting' } }
  }
  if (isMove(meaning)) return moved(state, steps[meaning])
  return Object.hasOwn(meanings, meaning)
    ? meanings[meaning as keyof typeof meanings](state)
    : afterCommand(state, meaning)
}

function isMove(meaning: BrowseMeaning): meaning is keyof typeof steps {
  return Object.hasOwn(steps, meaning)
}

/** What is neither a move nor a word of a command. */
const meanings = {
  help: (state: ScreenState) => ({ ...state, showsHelp: !state.showsHelp }),
  open: (state: ScreenState) =>
    state.view === 'machines' || state.view === 'runs' ? showView(state, 'machine') : state,
  back: afterBack,
  filter: (state: ScreenState) =>
    isListView(state.view) ? withEntry(state, 'filter', state.filter) : state,
  command: (state: ScreenState) => withEntry(state, 'command', ''),
  deploy: (state: ScreenState) => withEntry(state, 'command', deployCommand(state)),
  mark: marked,
  copy: copied,
  follow: (state: ScreenState) => ({ ...state, follows: !state.follows }),
  wrap: (state: ScreenState) => ({ ...state, wraps: !state.wraps }),
} as const

function withEntry(state: ScreenState, kind: Entry['kind'], text: string): ScreenState {
  return { ...state, entry: { kind, text } }
}

function afterBack(state: ScreenState): ScreenState {
  if (state.showsHelp) return { ...state, showsHelp: false }
  if (state.filter !== '') return { ...state, filter: '' }
  if (state.view !== 'machines') return showView(state, 'machines')
  return { ...state, marked: new Set() }
}

function moved(state: ScreenState, by: number): ScreenState {
  const view = state.view === 'machine' ? 'machines' : state.view
  if (view === 'services') return state
  const ids = listedIds(state, view)
  const index = Math.min(Math.max(cursorIndex(state, view, ids) + by, 0), ids.length - 1)
  const id = ids[index]
  if (id === undefined) return state
  const follows = view === 'events' ? index === ids.length - 1 : state.follows
  return { ...state, follows, cursors: { ...state.cursors, [view]: id } }
}

function marked(state: ScreenState): ScreenState {
  const machine = state.view === 'machines' ? selectedMachine(state) : undefined
  if (machine === undefined) return state
  const next = new Set(state.marked)
  if (!next.delete(machine.id)) next.add(machine.id)
  return moved({ ...state, marked: next }, 1)
}

/** The id of what is under the cursor, for another window. */
function copied(state: ScreenState): ScreenState {
  const view = state.view === 'machine' ? 'machines' : state.view
  if (view === 'services') return state
  const ids = listedIds(state, view)
  const text = ids[cursorIndex(state, view, ids)]
  if (text === undefined) return state
  return {
    ...state,
    wish: { kind: 'copy', text },
    notice: { text: `copied ${text}`, tone: 'good' },
  }
}

/** Begun with the image that is on the machine. */
function deployCommand(state: ScreenState): string {
  const image = selectedMachine(state)?.imageName ?? state.images[0]?.name ?? ''
  return `deploy ${image}`
}
