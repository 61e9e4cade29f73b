import { nearestNames } from '../presentation/nearest-names.ts'
import { shownText } from '../presentation/shown-text.ts'
import { changingMeanings } from './browse-keys.ts'
import { targetMachines, targetRuns } from './listed.ts'
import { newcomersAmong, type Order, orderCommands, type RunVerb, runsFor } from './order.ts'
import type { ScreenState } from './screen-state.ts'
import { screenViews, viewOfWord } from './screen-view.ts'
import { showView } from './show-view.ts'

const runVerbs: readonly RunVerb[] = ['retry', 'cancel', 'approve', 'hold', 'release']
const otherWords = ['deploy', 'retire', 'help', 'quit'] as const

/** The screen after a line behind `:`. The words are those of the command line. */
export function afterCommand(state: ScreenState, text: string): ScreenState {
  const [word = '', ...rest] = text.trim().split(/\s+/)
  if (word === '') return state
  if (state.isReadOnly && (changingMeanings as ReadonlySet<string>).has(word)) {
    return { ...state, notice: { text: 'read-only: nothing can be changed here', tone: 'waiting' } }
  }
  if (word === 'retire') return afterRetire(state, rest.join(' '))
  const verb = runVerbs.find((candidate) => candidate === word)
  if (verb !== undefined) return afterRunVerb(state, verb, rest.join(' '))
  if (word === 'deploy') return afterDeploy(state, rest)
  if (word === 'help') return { ...state, showsHelp: true }
  if (word === 'quit' || word === 'q') return { ...state, wish: { kind: 'quit' } }
  const view = viewOfWord(word)
  if (view === 'machine' && rest[0] !== undefined) return afterMachine(state, rest[0])
  return view === undefined ? refusedWord(state, word) : showView(state, view)
}

function refusedWord(state: ScreenState, word: string): ScreenState {
  const near = nearestNames(word, [...screenViews, ...runVerbs, ...otherWords])
  const hint = near.length === 0 ? '' : `; did you mean ${near.join(', ')}?`
  return refused(state, `no command: ${shownText(word, 40)}${hint}`)
}

function refused(state: ScreenState, text: string): ScreenState {
  return { ...state, notice: { text, tone: 'attention' } }
}

function afterMachine(state: ScreenState, name: string): ScreenState {
  const machines = [...state.fleet.machines.values()]
  const machine = machines.find((candidate) => candidate.name === name)
  if (machine !== undefined) {
    return showView({ ...state, cursors: { ...state.cursors, machines: machine.id } }, 'machine')
  }
  const names = machines.map((candidate) => candidate.name)
  const near = nearestNames(name, names)
  const hint = near.length === 0 ? '' : `; did you mean ${near.join(', ')}?`
  return refused(state, `no machine goes by ${shownText(name, 63)}${hint}`)
}

/** A newcomer is approved before any run: what a rule has ordered for it begins then. */
function afterRunVerb(state: ScreenState, verb: RunVerb, note: string): ScreenState {
  const newcomers = verb === 'approve' ? newcomersAmong(targetMachines(state)) : []
  if (newcomers.length > 0) {
    const admission: Order = { verb: 'admit', machines: newcomers, ...noted(note) }
    return { ...state, wish: { kind: 'order', order: admission } }
  }
  const runs = runsFor(verb, targetRuns(state))
  if (runs.length === 0) return refused(state, `nothing here to ${verb}`)
  const order: Order = { verb, runs, ...noted(note) }
  if (verb !== 'cancel') return { ...state, wish: { kind: 'order', order } }
  const names = runs.map((run) => run.machineName).join(', ')
  return {
    ...state,
    confirmation: {
      title: `cancel ${runs.length === 1 ? 'the run' : `${runs.length} runs`} on ${names}`,
      lines: ['A disk that is half written does not boot.', '', ...orderCommands(order)],
      order,
      expected: 'cancel',
      typed: '',
    },
  }
}

function noted(note: string): { note?: string } {
  return note === '' ? {} : { note }
}

/** Also how a newcomer is refused: it boots its own disk, and nothing is ever written to it. */
function afterRetire(state: ScreenState, note: string): ScreenState {
  const machines = targetMachines(state)
  if (machines.length === 0) return refused(state, 'nothing here to retire')
  const order: Order = { verb: 'retire', machines, ...noted(note) }
  const names = machines.map(({ name }) => name).join(', ')
  return {
    ...state,
    confirmation: {
      title: `retire ${names}`,
      lines: [
        'Out of use: it boots its own disk, is never written, and lists leave it out.',
        'repave machine reinstate takes it into use again.',
        '',
        ...orderCommands(order),
      ],
      order,
      expected: 'retire',
      typed: '',
    },
  }
}

/** `deploy IMAGE [WORKFLOW]`: the daemon plans it, then the person confirms. */
function afterDeploy(state: ScreenState, [image, workflow]: readonly string[]): ScreenState {
  const machines = targetMachines(state)
  if (machines.length === 0) return refused(state, 'no machine to deploy')
  if (image === undefined) return refused(state, 'say which image: deploy IMAGE')
  const deployments = machines.map((machine) => ({
    machine,
    workflow: workflow ?? 'deploy-image',
    params: { imageName: image },
  }))
  return { ...state, wish: { kind: 'plan', order: { verb: 'deploy', deployments } } }
}
