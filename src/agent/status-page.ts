import { formatByteSize } from '../base/byte-size.ts'
import type { Clock } from '../base/clock.ts'
import type { WriteProgress } from '../contract/run.ts'

/** What someone who stands in front of the machine wants to know. */
export interface Status {
  readonly machineName?: string
  readonly macAddress?: string
  readonly address?: string
  readonly serialNumber?: string
  readonly daemonUrl?: string
  readonly agentVersion: string
  /** What it does or waits for. */
  readonly doing: string
  readonly progress?: WriteProgress | undefined
  readonly lastLine?: string
}

/** A console to write to. `screen` can be drawn again, a `line` console only grows. */
export interface Console {
  readonly kind: 'screen' | 'line'
  readonly write: (text: string) => void
}

const progressLineEveryMs = 5_000
const barWidth = 40

/** Keeps the consoles of a machine telling what goes on. */
export class StatusPage {
  readonly #consoles: readonly Console[]
  readonly #clock: Clock
  #status: Status
  #progressLineAtMs = Number.NEGATIVE_INFINITY
  #progressPhase: WriteProgress['phase'] | undefined

  constructor(consoles: readonly Console[], clock: Clock, first: Status) {
    this.#consoles = consoles
    this.#clock = clock
    this.#status = first
    this.#toScreens()
    this.#toLines(`repave agent ${first.agentVersion}: ${first.doing}`)
  }

  /** Facts that are left out stay as they are. */
  show(change: Partial<Status>): void {
    const before = this.#status
    this.#status = { ...before, ...change }
    this.#toScreens()
    const now = this.#status
    if (now.machineName !== before.machineName) this.#toLines(`this is ${describeMachine(now)}`)
    if (now.lastLine !== before.lastLine && now.lastLine) this.#toLines(now.lastLine)
    if (now.doing !== before.doing) this.#toLines(now.doing)
    if (change.progress !== undefined) this.#progressLine(change.progress)
  }

  /** When a phase begins and ends, and every five seconds between. */
  #progressLine(progress: WriteProgress): void {
    const nowMs = this.#clock.monotonicMs()
    const turns =
      progress.phase !== this.#progressPhase || progress.doneBytes === progress.totalBytes
    if (!turns && nowMs < this.#progressLineAtMs + progressLineEveryMs) return
    this.#progressLineAtMs = nowMs
    this.#progressPhase = progress.phase
    this.#toLines(describeProgress(progress))
  }

  #toScreens(): void {
    const page = renderPage(this.#status)
    for (const screen of this.#consoles) if (screen.kind === 'screen') screen.write(page)
  }

  #toLines(line: string): void {
    for (const console of this.#consoles) {
      if (console.kind === 'line') console.write(`repave: ${line}\r\n`)
    }
  }
}

function describeMachine(status: Status): string {
  const facts = [status.macAddress, status.address, status.serialNumber]
  return [status.machineName, ...facts].filter((fact) => fact !== undefined).join('  ')
}

/** `write 58%  1.3 GiB of 2.2 GiB  312 MiB/s` */
export function describeProgress(progress: WriteProgress): string {
  const { phase, doneBytes, totalBytes, bytesPerSecond, chunksRefetched } = progress
  const percent = totalBytes === 0 ? 100 : Math.floor((doneBytes * 100) / totalBytes)
  const sizes = `${formatByteSize(doneBytes)} of ${formatByteSize(totalBytes)}`
  const rate = bytesPerSecond === 0 ? '' : `  ${formatByteSize(bytesPerSecond)}/s`
  const refetched = chunksRefetched === 0 ? '' : `  ${chunksRefetched} chunks fetched again`
  return `${phase} ${percent}%  ${sizes}${rate}${refetched}`
}

/** The whole page for an 80-column screen: home, each line cleared to its end, the rest cleared (ECMA-48). */
export function renderPage(status: Status): string {
  const row = (name: string, value: string | undefined) => `  ${name.padEnd(10)}${value ?? '-'}`
  const { progress } = status
  const lines = [
    `  repave sledgehammer, agent ${status.agentVersion}`,
    '',
    row('machine', status.machineName),
    row('MAC', status.macAddress),
    row('address', status.address),
    row('serial', status.serialNumber),
    row('daemon', status.daemonUrl),
    '',
    row('now', status.doing),
    progress === undefined ? '' : row('', renderBar(progress)),
    progress === undefined ? '' : row('', describeProgress(progress)),
    '',
    `  ${status.lastLine ?? ''}`,
  ]
  return `\u001b[H${lines.map((line) => `${line.slice(0, 79)}\u001b[K\r\n`).join('')}\u001b[J`
}

function renderBar({ doneBytes, totalBytes }: WriteProgress): string {
  const share = totalBytes === 0 ? 1 : Math.min(doneBytes / totalBytes, 1)
  const filled = Math.floor(share * barWidth)
  return `[${'#'.repeat(filled)}${'.'.repeat(barWidth - filled)}]`
}
