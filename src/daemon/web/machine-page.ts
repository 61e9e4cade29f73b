import { formatByteSize } from '../../base/byte-size.ts'
import type { RepaveEvent } from '../../contract/event.ts'
import type { Explanation } from '../../contract/explanation.ts'
import type { Machine } from '../../contract/machine.ts'
import type { Run } from '../../contract/run.ts'
import { failureText } from '../../presentation/event-text.ts'
import {
  explanationSentence,
  hopLines,
  isUnremarkable,
} from '../../presentation/explanation-lines.ts'
import { diskText, firmwareText, receiptOf } from '../../presentation/run-outcome.ts'
import { hasEnded } from '../../presentation/run-stages.ts'
import { shortId, shownText } from '../../presentation/shown-text.ts'
import { machineMark } from '../../presentation/state-mark.ts'
import { waitReason } from '../../presentation/wait-reason.ts'
import { eventTable } from './event-page.ts'
import { html, type Html } from './html.ts'
import { markHtml } from './mark-html.ts'
import type { Page } from './page-frame.ts'
import { timelinePicture } from './timeline-picture.ts'

export interface MachineFacts {
  readonly machine: Machine
  readonly run: Run | undefined
  readonly explanation: Explanation
  /** Of this machine, oldest first. */
  readonly events: readonly RepaveEvent[]
  readonly nowMs: number
}

/** One machine: who it is, why it is stuck, its run as bars, what is written, and what happened. */
export function machinePage({ machine, run, explanation, events, nowMs }: MachineFacts): Page {
  const memory =
    machine.inventory === undefined ? '' : `  ${formatByteSize(machine.inventory.memoryBytes)}`
  return {
    title: machine.name,
    place: '/machines',
    topics: ['*.*.*'],
    main: html`<h1>${machine.name} ${markHtml(machineMark(machine, run))}</h1>
      <dl>
        ${fact('address', `${machine.macAddresses.join(' ')}  ${machine.address ?? ''}`)}
        ${fact('hardware', `${firmwareText(machine)}${memory}`)}
        ${fact('image', shownText(machine.imageName))} ${fact('on boot', machine.onBoot)}
      </dl>
      ${whyHtml(explanation, nowMs)}
      ${run === undefined ? html`<p>No run yet.</p>` : runHtml(run, nowMs)}
      <h2>what happened</h2>
      ${eventTable(events)}
      <p class="command">repave machine show ${machine.name}</p>`,
  }
}

function fact(name: string, value: string): Html {
  return html`<dt>${name}</dt>
    <dd>${value}</dd>`
}

/** Why it is stuck, has failed or waits, and its boot step by step. */
function whyHtml(explanation: Explanation, nowMs: number): Html {
  const { state, hint } = explanation
  const hops = hopLines(explanation)
  const isCalm = isUnremarkable(explanation)
  const tone = state === 'waiting' ? 'attention' : 'bad'
  return html`${
    isCalm
      ? undefined
      : html`<h2>why</h2>
          <p class="${tone}">${explanationSentence(explanation, nowMs)}</p>
          ${hint === undefined ? undefined : html`<p>Try: ${shownText(hint, longestHint)}</p>`}`
  }
  ${
    hops.length === 0
      ? undefined
      : html`<details ${isCalm ? undefined : 'open'}>
          <summary>this boot, step by step</summary>
          <pre>${hops.join('\n')}</pre>
        </details>`
  }`
}

const longestHint = 400

function runHtml(run: Run, nowMs: number): Html {
  const receipt = receiptOf(run)
  const waits = waitReason(run, nowMs)
  return html`<h2>run ${shortId(run.id)} ${run.workflow}</h2>
    ${timelinePicture(run, nowMs)}
    <section class="write" data-run="${run.id}" hidden>
      <p class="write-text"></p>
      <progress max="1" value="0"></progress>
      <svg
        class="sparkline"
        viewBox="0 0 240 40"
        preserveAspectRatio="none"
        role="img"
        aria-label="rate of the write"
      >
        <polygon points="" />
        <polyline points="" />
      </svg>
      <p class="write-facts"></p>
    </section>
    <dl>
      ${run.disk === undefined ? undefined : fact('disk', diskText(run.disk))}
      ${waits === undefined ? undefined : fact('waits', waits)}
      ${run.failure !== undefined && hasEnded(run) ? fact('failed', failureText(run.failure)) : undefined}
      ${
        receipt === undefined
          ? undefined
          : fact(
              'proof',
              `${formatByteSize(receipt.bytesReadBack)} read back, receipt ${shownText(run.receipt?.digest)}`,
            )
      }
    </dl>`
}
