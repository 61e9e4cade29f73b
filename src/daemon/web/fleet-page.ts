import type { Machine } from '../../contract/machine.ts'
import type { Run } from '../../contract/run.ts'
import { durationText } from '../../presentation/duration-text.ts'
import { runOfMachine } from '../../presentation/fleet.ts'
import { currentTask } from '../../presentation/run-stages.ts'
import { shownText } from '../../presentation/shown-text.ts'
import {
  machineMark,
  type StateMark,
  type Tone,
  toneSymbol,
} from '../../presentation/state-mark.ts'
import { html, type Html } from './html.ts'
import { markHtml } from './mark-html.ts'
import type { Page } from './page-frame.ts'

const byName = new Intl.Collator('en', { numeric: true })

export interface FleetFacts {
  readonly machines: readonly Machine[]
  readonly runs: readonly Run[]
  readonly nowMs: number
}

/** Every machine: as a rack of cells to see at a glance, and as a list to read. */
export function fleetPage({ machines, runs, nowMs }: FleetFacts): Page {
  const byId = { runs: new Map(runs.map((run) => [run.id, run])) }
  const rows = machines
    .filter(({ retirement }) => retirement === undefined)
    .toSorted((left, right) => byName.compare(left.name, right.name))
    .map((machine) => {
      const run = runOfMachine(byId, machine)
      return { machine, run, mark: machineMark(machine, run) }
    })
  const byWord = Map.groupBy(rows, ({ mark }) => mark.word)
  const summary = [...byWord].map(([word, group]) =>
    markHtml({ tone: group[0]?.mark.tone ?? 'idle', word: `${group.length} ${word}` }),
  )
  // The rack keeps its order, whatever happens; the list begins with what needs somebody.
  const listed = rows.toSorted((left, right) => urgency(left.mark) - urgency(right.mark))
  const cells = rows.map(
    ({ machine, mark }) =>
      html`<a
        class="cell ${mark.tone}"
        href="/machines/${machine.name}"
        title="${machine.name} ${mark.word}"
        aria-label="${machine.name} ${mark.word}"
        >${toneSymbol(mark.tone, false)}</a
      >`,
  )
  return {
    title: 'machines',
    place: '/',
    topics: ['machine,run.*.*'],
    main:
      rows.length === 0
        ? html`<p>No machine yet: one appears when it boots from the network.</p>`
        : html`<p class="summary">${rows.length} machines: ${summary}</p>
            <div class="rack">${cells}</div>
            <div class="wide">
              <table>
                <thead>
                  <tr>
                    <th>name</th>
                    <th>state</th>
                    <th>image</th>
                    <th>stage</th>
                    <th class="less">address</th>
                    <th class="less">seen</th>
                  </tr>
                </thead>
                <tbody>
                  ${listed.map((row) => rowHtml(row, nowMs))}
                </tbody>
              </table>
            </div>`,
  }
}

const urgencies: readonly Tone[] = ['bad', 'attention', 'active', 'waiting', 'idle', 'good']

function urgency({ tone }: StateMark): number {
  return urgencies.indexOf(tone)
}

function rowHtml(
  {
    machine,
    run,
    mark,
  }: { machine: Machine; run: Run | undefined; mark: ReturnType<typeof machineMark> },
  nowMs: number,
): Html {
  const stage =
    machine.state === 'deploying' && run !== undefined ? currentTask(run)?.stage : undefined
  return html`<tr>
    <td><a href="/machines/${machine.name}">${machine.name}</a></td>
    <td>${markHtml(mark)}</td>
    <td>${shownText(machine.imageName)}</td>
    <td>${stage ?? '-'}</td>
    <td class="less">${machine.address ?? '-'}</td>
    <td class="less">${durationText(nowMs - machine.lastSeenAtMs)} ago</td>
  </tr>`
}
