import type { RepaveEvent } from '../contract/event.ts'
import type { Run } from '../contract/run.ts'
import { durationText } from './duration-text.ts'
import { runOfEvent } from './event-facts.ts'
import { noteText, runEventText, taskOfEvent } from './event-text.ts'
import { machineIdOf, runOfMachine } from './fleet.ts'
import { FleetDraft } from './fleet-draft.ts'
import type { FeedItem } from './operator-feed.ts'
import { barText, doneFraction, progressText } from './progress-text.ts'
import { outcomeLines } from './run-outcome.ts'
import { currentTask, hasEnded } from './run-stages.ts'
import { shortId, shownText } from './shown-text.ts'
import { waitReason } from './wait-reason.ts'

/** At most one progress line a machine in this time. */
const progressIntervalMs = 5000
const barColumns = 24
/** Lines of the agent's log shown under a failure. */
const lastLogLines = 5

/** Events beside those of runs that are worth a line. */
const spoken: ReadonlySet<string> = new Set(['boot', 'agent', 'token'])

/** What a watcher has to subscribe to. */
export const runWatchTopics = ['run,machine,boot,agent,token,log.*.*']

/**
 * Follows runs as plain lines: one for each change of state, progress now and then, and the proof of each
 * run that ends. Fed by {@link followOperator}; knows no clock and no stream.
 */
export class RunWatch {
  readonly #only: ReadonlySet<string> | undefined
  readonly #ended = new Map<string, Run>()
  readonly #watched = new Set<string>()
  readonly #lastProgressMs = new Map<string, number>()
  readonly #lastLine = new Map<string, string>()
  readonly #fleet = new FleetDraft()
  #started = false

  /** @param only ids of the runs to watch; the newest run of every machine and all later ones where absent */
  constructor(only?: Iterable<string>) {
    this.#only = only === undefined ? undefined : new Set(only)
  }

  /** Whether the first snapshot has come. */
  get started(): boolean {
    return this.#started
  }

  get watchedCount(): number {
    return this.#watched.size
  }

  /** Whether there was something to watch and all of it has ended. */
  get isDone(): boolean {
    return this.#watched.size > 0 && this.#ended.size === this.#watched.size
  }

  /** Whether all that was watched has ended well. */
  get hasSucceeded(): boolean {
    return this.isDone && [...this.#ended.values()].every((run) => run.state === 'succeeded')
  }

  /** `2 of 3 runs succeeded`. */
  get summary(): string {
    const good = [...this.#ended.values()].filter((run) => run.state === 'succeeded').length
    return `${good} of ${this.#watched.size} ${this.#watched.size === 1 ? 'run' : 'runs'} succeeded`
  }

  /** Machines whose runs go on when the watcher leaves. */
  get underWay(): string[] {
    return [...this.#watched]
      .filter((id) => !this.#ended.has(id))
      .map((id) => shownText(this.#fleet.runs.get(id)?.machineName, 63, shortId(id)))
  }

  /** The proofs of all runs that have ended, as `take` gave them when they did. */
  get outcomes(): string[] {
    return [...this.#ended.values()].flatMap((run) => this.#outcome(run))
  }

  /** A line for each run that writes just now: who, what, a bar, and how it goes. */
  writesUnderWay(nowMs: number, ascii: boolean): string[] {
    return [...this.#watched].flatMap((id) => {
      const run = this.#fleet.runs.get(id)
      const view = this.#fleet.writes.get(id)
      if (run === undefined || view === undefined || this.#ended.has(id)) return []
      const bar = barText(doneFraction(view.progress), barColumns, ascii)
      const name = shownText(run.machineName, 20).padEnd(12)
      return [`${name} ${view.progress.phase.padEnd(6)} ${bar} ${progressText(view, nowMs)}`]
    })
  }

  /** Takes the next item of the feed; returns the lines that it is worth. */
  take(item: FeedItem, nowMs: number): string[] {
    this.#fleet.take(item, nowMs)
    if (item.kind === 'snapshot') return item.fresh ? this.#begin(nowMs) : []
    if (item.kind === 'event') return this.#event(item.event)
    if (item.kind === 'progress') return this.#progress(item.runId, nowMs)
    return []
  }

  #begin(nowMs: number): string[] {
    this.#started = true
    this.#watched.clear()
    this.#ended.clear()
    return this.#present().flatMap((run) => {
      this.#watched.add(run.id)
      if (hasEnded(run)) return this.#end(run)
      const stage = currentTask(run)?.stage
      const text =
        waitReason(run, nowMs) ?? `${run.state}, task ${currentTask(run)?.task.name ?? '-'}`
      return [this.#line(run, nowMs, stage, text)]
    })
  }

  #present(): Run[] {
    const { runs, machines } = this.#fleet
    if (this.#only !== undefined) {
      return [...this.#only].flatMap((id) => runs.get(id) ?? [])
    }
    return [...machines.values()].flatMap((machine) => runOfMachine(this.#fleet, machine) ?? [])
  }

  #event(event: RepaveEvent): string[] {
    const run = runOfEvent(event)
    if (run !== undefined) return this.#runEvent(event, run)
    const isDrift = event.type === 'machine' && event.action === 'drift'
    return isDrift || spoken.has(event.type) ? this.#machineEvent(event) : []
  }

  #runEvent(event: RepaveEvent, run: Run): string[] {
    if (this.#only !== undefined && !this.#only.has(run.id)) return []
    if (this.#ended.has(run.id)) return []
    this.#watched.add(run.id)
    const stage = taskOfEvent(event, run)?.stage
    const line = this.#line(run, event.timeMs, stage, runEventText(event, run))
    // Every event of one step carries the run as the step leaves it; the one named after the state is the last.
    const isLast = hasEnded(run) && event.action === run.state
    const logs = event.action === 'task-failed' ? this.#logLines(run, event.timeMs, stage) : []
    return [line, ...logs, ...(isLast ? this.#end(run) : [])]
  }

  #logLines(run: Run, timeMs: number, stage: string | undefined): string[] {
    return (this.#fleet.notes.get(run.machineId) ?? [])
      .filter((note) => note.source === 'agent')
      .slice(-lastLogLines)
      .map((note) => this.#line(run, timeMs, stage, `| ${note.text}`))
  }

  #machineEvent(event: RepaveEvent): string[] {
    const machineId = machineIdOf(this.#fleet, event)
    const run = [...this.#watched]
      .flatMap((id) => this.#fleet.runs.get(id) ?? [])
      .findLast((candidate) => candidate.machineId === machineId && !this.#ended.has(candidate.id))
    if (run === undefined) return []
    const text = noteText(event)
    // Firmware asks the same thing several times a boot.
    if (this.#lastLine.get(run.id) === text) return []
    const line = this.#line(run, event.timeMs, shownText(event.type), text)
    this.#lastLine.set(run.id, text)
    return [line]
  }

  #progress(runId: string, nowMs: number): string[] {
    const run = this.#fleet.runs.get(runId)
    const view = this.#fleet.writes.get(runId)
    if (run === undefined || view === undefined || !this.#watched.has(runId)) return []
    const last = this.#lastProgressMs.get(runId)
    if (last !== undefined && nowMs - last < progressIntervalMs) return []
    this.#lastProgressMs.set(runId, nowMs)
    return [this.#line(run, nowMs, view.progress.phase, progressText(view, nowMs).trimStart())]
  }

  #end(run: Run): string[] {
    this.#ended.set(run.id, run)
    return this.#outcome(run)
  }

  #outcome(run: Run): string[] {
    return outcomeLines(run, this.#fleet.machines.get(run.machineId))
  }

  #line(run: Run, timeMs: number, stage: string | undefined, text: string): string {
    this.#lastLine.delete(run.id)
    const since = durationText(timeMs - run.createdAtMs).padStart(8)
    return `${since}  ${shownText(run.machineName, 63).padEnd(10)}  ${(stage ?? '-').padEnd(11)}  ${text}`
  }
}
