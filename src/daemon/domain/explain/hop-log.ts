import { readIpv4Address } from '../../../base/ipv4-address.ts'
import type { RepaveEvent } from '../../../contract/event.ts'
import type { Run } from '../../../contract/run.ts'
import { hopOfEvent } from './hop-of-event.ts'
import { type Hop, hopKey } from './hop.ts'

/** Hops that are kept of one machine: three boots and more. */
const hopsOfMachine = 64
/** MAC addresses and machines that hops are kept of; a flood of made-up addresses ends here. */
const mostKeys = 8192
/** Durations that one answer about "usually" rests on. */
const durationsOfStep = 101
/** How long a server that was heard once may be behind something. */
const serverRememberedMs = 2 * 3_600_000
/** What took longer was not the step but a night. */
const longestStepMs = 3_600_000

/**
 * The last hops of every machine and how long each step took lately, in memory: fed with every event, and
 * after a start with the newest ones of the record.
 */
export class HopLog {
  readonly #hops = new Map<string, Hop[]>()
  readonly #macOfAddress = new Map<string, string>()
  readonly #durations = new Map<string, number[]>()
  #otherServer: { readonly address: string; readonly atMs: number } | undefined

  take(event: RepaveEvent): void {
    if (event.type === 'run') this.#takeRun(event)
    if (event.type === 'dhcp' && event.action === 'foreign-server') {
      this.#otherServer = { address: event.key, atMs: event.timeMs }
    }
    const hop = hopOfEvent(event)
    if (hop === undefined) return
    const key = this.#keyOf(event)
    const hops = this.#hopsAt(key)
    const before = hops.at(-1)
    if (before !== undefined)
      this.#measure(`${hopKey(before)} > ${hopKey(hop)}`, hop.atMs - before.atMs)
    hops.push(hop)
    if (hops.length > hopsOfMachine) hops.shift()
  }

  /** Of all these MAC addresses and machine ids, oldest first. */
  hopsOf(keys: readonly string[]): readonly Hop[] {
    const hops = keys.flatMap((key) => this.#hops.get(key) ?? [])
    return hops.toSorted((left, right) => left.atMs - right.atMs)
  }

  /** The middle of the last durations of a step (`firmware offer > firmware lease`, `task reboot`). */
  usuallyMs(step: string): number | undefined {
    const sorted = this.#durations.get(step)?.toSorted((left, right) => left - right)
    return sorted?.[sorted.length >> 1]
  }

  /** The address of another DHCP server that was heard lately. */
  otherServer(nowMs: number): string | undefined {
    const heard = this.#otherServer
    return heard === undefined || nowMs - heard.atMs > serverRememberedMs
      ? undefined
      : heard.address
  }

  #keyOf({ type, key, body }: RepaveEvent): string {
    if (type === 'dhcp') {
      const told = body['address']
      const address = typeof told === 'string' ? readIpv4Address(told) : undefined
      if (address !== undefined) this.#remember(address, key)
      return key
    }
    // Boot files are asked for by address: whoever was given that address last.
    return type === 'tftp' || type === 'http' ? (this.#macOfAddress.get(key) ?? key) : key
  }

  #remember(address: string, macAddress: string): void {
    if (this.#macOfAddress.size >= mostKeys) this.#macOfAddress.clear()
    this.#macOfAddress.set(address, macAddress)
  }

  #hopsAt(key: string): Hop[] {
    const known = this.#hops.get(key)
    if (known !== undefined) return known
    const [oldest] = this.#hops.keys()
    if (this.#hops.size >= mostKeys && oldest !== undefined) this.#hops.delete(oldest)
    const fresh: Hop[] = []
    this.#hops.set(key, fresh)
    return fresh
  }

  #takeRun({ action, body }: RepaveEvent): void {
    if (action !== 'task-succeeded') return
    const { tasks } = body['run'] as Run
    const done = tasks.findLast(
      ({ state, task }) => state === 'succeeded' && task.name === body['task'],
    )
    if (done?.startedAtMs === undefined || done.endedAtMs === undefined) return
    this.#measure(`task ${done.task.action}`, done.endedAtMs - done.startedAtMs)
  }

  #measure(step: string, durationMs: number): void {
    if (durationMs < 0 || durationMs > longestStepMs) return
    const durations = this.#durations.get(step) ?? []
    durations.push(durationMs)
    if (durations.length > durationsOfStep) durations.shift()
    this.#durations.set(step, durations)
  }
}
