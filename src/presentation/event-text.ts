import { formatByteSize } from '../base/byte-size.ts'
import type { RepaveEvent } from '../contract/event.ts'
import type { Run, RunTask } from '../contract/run.ts'
import { durationText } from './duration-text.ts'
import { failureOfEvent, linesOfEvent, runOfEvent, textOfEvent } from './event-facts.ts'
import { currentTask } from './run-stages.ts'
import { shortId, shownText } from './shown-text.ts'

/** What an event tells, in one short inert line. */
export function eventText(event: RepaveEvent): string {
  const run = runOfEvent(event)
  if (run !== undefined) return runEventText(event, run)
  if (event.type === 'boot') return bootText(event)
  if (event.type === 'agent') return agentText(event)
  if (event.type === 'machine' && event.action === 'drift') return driftText(event)
  if (event.type === 'machine') return machineText(event)
  if (event.type === 'log') return shownText(linesOfEvent(event).at(-1), 200)
  if (event.type === 'dhcp') return dhcpText(event)
  if (event.type === 'tftp' || event.type === 'http') return transferText(event)
  return bodyText(event)
}

/** The same where the event's action does not stand beside it. */
export function noteText(event: RepaveEvent): string {
  const isDrift = event.type === 'machine' && event.action === 'drift'
  const speaks = isDrift || ['run', 'boot', 'agent', 'log'].includes(event.type)
  return speaks ? eventText(event) : `${shownText(event.action, 40)} ${eventText(event)}`.trimEnd()
}

/** What an event of type `run` tells about the run that it carries. */
export function runEventText(event: RepaveEvent, run: Run): string {
  const task = taskOfEvent(event, run)
  switch (event.action) {
    case 'created':
      return `queued: ${run.workflow} ${run.params.imageName ?? ''}`.trimEnd()
    case 'task-started':
      return `${taskName(task)} started${tryText(task)}`
    case 'task-succeeded':
      return `${taskName(task)} done${tookText(task)}`
    case 'task-failed':
      return `${taskName(task)} failed: ${failureText(failureOfEvent(event) ?? task?.failure)}`
    case 'retrying':
      return retryText(event, task)
    case 'waiting-approval':
      return `waits for approval: repave run approve ${shortId(run.id)}`
    case 'held':
      return `held: ${holdText(run)}; go on with: repave run release ${shortId(run.id)}`
    default:
      return steerText(event, run, task)
  }
}

/** What a person did to the run, and what kept it waiting. */
function steerText(event: RepaveEvent, run: Run, task: RunTask | undefined): string {
  switch (event.action) {
    case 'queued':
      return `${taskName(task)} waits for its turn to write`
    case 'task-skipped':
      return `${taskName(task)} skipped${noteOf(event)}`
    case 'approved':
      return `${taskName(task)} approved by ${shownText(event.principal, 60)}${noteOf(event)}`
    case 'hold-requested':
      return `will be held before the next task${noteOf(event)}`
    case 'released':
      return `released by ${shownText(event.principal, 60)}${noteOf(event)}`
    case 'lost':
      return `lost: the agent has fallen silent during ${taskName(task)}`
    case 'resumed':
      return `the agent is back at ${taskName(task)}`
    default:
      return runEndText(event, run)
  }
}

function retryText(event: RepaveEvent, task: RunTask | undefined): string {
  const failure = failureOfEvent(event)
  if (failure !== undefined) {
    return `${taskName(task)} will be tried again after: ${failureText(failure)}`
  }
  return `${taskName(task)} begins anew${noteOf(event)}`
}

function noteOf(event: RepaveEvent): string {
  const note = textOfEvent(event, 'note')
  return note === undefined ? '' : `: ${shownText(note, 200)}`
}

/** Why the run is held: what failed, or what it was told. */
export function holdText(run: Run): string {
  return run.failure === undefined
    ? shownText(run.heldBecause, 300, 'no reason given')
    : failureText(run.failure)
}

function runEndText(event: RepaveEvent, run: Run): string {
  const tookMs = (run.endedAtMs ?? event.timeMs) - (run.startedAtMs ?? run.createdAtMs)
  const took = `after ${durationText(tookMs)}`
  const why = run.failure === undefined ? '' : `: ${failureText(run.failure)}`
  return `${shownText(event.action)} ${took}${why}`
}

/** `ERR_DISK_MISSING no disk matches`, inert. */
export function failureText(failure: Run['failure']): string {
  if (failure === undefined) return 'no reason given'
  return `${shownText(failure.code, 64)} ${shownText(failure.message, 300)}`
}

/** The task that a run event is about: the last one begun of the name in its body, else the one under way. */
export function taskOfEvent(event: RepaveEvent, run: Run): RunTask | undefined {
  const name = textOfEvent(event, 'task')
  const named = run.tasks.filter(({ task }) => task.name === name)
  const begun = named.findLast((task) => run.tasks.indexOf(task) <= run.taskIndex)
  return begun ?? named[0] ?? currentTask(run) ?? run.tasks.at(-1)
}

function taskName(task: RunTask | undefined): string {
  return task?.task.name ?? 'task'
}

function tryText(task: RunTask | undefined): string {
  if (task === undefined || task.attempts <= 1) return ''
  return ` (try ${task.attempts} of ${task.task.retry.attempts})`
}

function tookText(task: RunTask | undefined): string {
  if (task?.startedAtMs === undefined || task.endedAtMs === undefined) return ''
  return ` in ${durationText(task.endedAtMs - task.startedAtMs)}`
}

function bootText(event: RepaveEvent): string {
  const target = shownText(textOfEvent(event, 'target'))
  const because = textOfEvent(event, 'because')
  return because === undefined ? `boots ${target}` : `boots ${target}: ${shownText(because, 200)}`
}

function agentText(event: RepaveEvent): string {
  if (event.action === 'lost') return 'the agent has fallen silent'
  const address = textOfEvent(event, 'address')
  const from = address === undefined ? '' : ` from ${shownText(address, 64)}`
  if (event.action === 'refused') {
    const code = shownText(textOfEvent(event, 'code'), 64)
    return `an agent was refused${from}: ${code} ${shownText(textOfEvent(event, 'message'), 200)}`
  }
  const uptimeMs = event.body['uptimeMs']
  const since =
    typeof uptimeMs === 'number' ? `, ${durationText(uptimeMs)} after its kernel began` : ''
  return `the agent has ${shownText(event.action, 40)}${from}${since}`
}

/** What people and rules said of it, or why it is in doubt. */
function machineText(event: RepaveEvent): string {
  const because = textOfEvent(event, 'because') ?? textOfEvent(event, 'to')
  const note = textOfEvent(event, 'note')
  const words = [because, note].filter((word) => word !== undefined)
  return words.length === 0 ? bodyText(event) : shownText(words.join('; '), 300)
}

function driftText({ body }: RepaveEvent): string {
  const numberOf = (member: string) => {
    const value = body[member]
    return typeof value === 'number' ? value : 0
  }
  const bytes = numberOf('bytesDifferent')
  const times = `${numberOf('corrections')} of ${numberOf('reprovisions')} rebuilds found drift`
  if (bytes === 0) return `no drift: the disk was the image, byte for byte; ${times}`
  return `drift erased: ${bytes} of ${numberOf('imageBytes')} bytes were in chunks that differed; ${times}`
}

/** `10.0.0.7 ipxe gets start.ipxe: iPXE runs already, it gets its script`; what is not known is left out. */
function dhcpText(event: RepaveEvent): string {
  const part = (member: string, mark = '') => {
    const text = textOfEvent(event, member)
    return text === undefined || text === 'none' ? '' : `${mark}${shownText(text, 200)}`
  }
  const facts = [part('address'), part('client'), part('platform'), part('bootFileName', 'gets ')]
  const because = part('because')
  const what = facts.filter((fact) => fact !== '').join(' ')
  return [what, because].filter((text) => text !== '').join(': ') || bodyText(event)
}

/** `start.ipxe to 10.0.0.7, 245 bytes in 0.1s`. */
function transferText(event: RepaveEvent): string {
  const { sentBytes, sizeBytes, durationMs, percent } = event.body
  const path = textOfEvent(event, 'path')
  if (path === undefined) return bodyText(event)
  const to = textOfEvent(event, 'clientAddress') ?? event.key
  const bytes = typeof sentBytes === 'number' ? sentBytes : sizeBytes
  const reason = textOfEvent(event, 'reason')
  const took = typeof durationMs === 'number' ? ` in ${durationText(durationMs)}` : ''
  return [
    `${shownText(path, 200)} to ${shownText(to, 64)}`,
    ...(typeof percent === 'number' ? [`, ${percent}%`] : []),
    ...(typeof bytes === 'number' ? [`, ${formatByteSize(bytes)}${took}`] : []),
    ...(reason === undefined ? [] : [`: ${shownText(reason, 200)}`]),
  ].join('')
}

/** Members that are short values, as `name=value`. */
function bodyText(event: RepaveEvent): string {
  const parts = Object.entries(event.body).flatMap(([name, value]) => {
    if (name === 'machine' || name === 'run') return []
    if (typeof value === 'object') return []
    return [`${shownText(name, 40)}=${shownText(String(value), 120)}`]
  })
  return parts.join(' ')
}
