import { readMacAddress } from '../base/mac-address.ts'
import type { Machine } from '../contract/machine.ts'
import type { Run } from '../contract/run.ts'
import { runOfMachine } from '../presentation/fleet.ts'
import type { DaemonConnection } from '../operator-client/daemon-request.ts'
import { nearestNames } from '../presentation/nearest-names.ts'
import { shortId, shownText } from '../presentation/shown-text.ts'
import { readMachines, readRuns, selectMachines } from './daemon-lists.ts'
import { ReferenceUnresolvedError, UsageError } from './errors.ts'

/** Fewer digits of an id than this are taken for a slip. */
const shortestPrefix = 4

/**
 * The machine that goes by a name, a MAC address in any spelling, a serial number, an id or the beginning of one.
 *
 * @throws {ReferenceUnresolvedError} when none or several do
 */
export function findMachine(machines: readonly Machine[], reference: string): Machine {
  const address = readMacAddress(reference)
  const exact = machines.filter(
    (machine) =>
      machine.name === reference ||
      machine.id === reference ||
      (address !== undefined && machine.macAddresses.includes(address)),
  )
  const serial = machines.filter(
    (machine) => machine.inventory?.system.serialNumber === reference && reference !== '',
  )
  const found = [exact, serial, withPrefix(machines, reference)].find((list) => list.length > 0)
  return onlyOne(found ?? [], {
    noun: 'machine',
    reference,
    nameOf: (machine) => `${machine.name} (${shortId(machine.id)})`,
    names: machines.map((machine) => machine.name),
  })
}

/**
 * The run with an id or the beginning of one, or the newest run of a machine.
 *
 * @throws {ReferenceUnresolvedError} when none or several fit
 */
export function findRun(
  runs: readonly Run[],
  machines: readonly Machine[],
  reference: string,
): Run {
  const machine = machines.find((candidate) => candidate.name === reference)
  const byId = new Map(runs.map((run) => [run.id, run]))
  const ofMachine = machine === undefined ? undefined : runOfMachine({ runs: byId }, machine)
  if (ofMachine !== undefined) return ofMachine
  return onlyOne(withPrefix(runs, reference), {
    noun: 'run',
    reference,
    nameOf: (run) => `${shortId(run.id)} (${run.machineName}, ${run.state})`,
    names: machines.map((candidate) => candidate.name),
  })
}

function withPrefix<Thing extends { readonly id: string }>(
  things: readonly Thing[],
  prefix: string,
): Thing[] {
  if (prefix.length < shortestPrefix) return []
  return things.filter((thing) => thing.id.startsWith(prefix.toLowerCase()))
}

interface Search<Thing> {
  readonly noun: string
  readonly reference: string
  nameOf(thing: Thing): string
  /** What else could have been meant. */
  readonly names: readonly string[]
}

function onlyOne<Thing>(found: readonly Thing[], search: Search<Thing>): Thing {
  const [first] = found
  if (first !== undefined && found.length === 1) return first
  const { noun } = search
  const reference = shownText(search.reference)
  if (first !== undefined) {
    const candidates = found.slice(0, 8).map(search.nameOf).join(', ')
    throw new ReferenceUnresolvedError(`${found.length} ${noun}s go by ${reference}`, {
      remedy: `say which: ${candidates}`,
    })
  }
  const near = nearestNames(search.reference, search.names)
  throw new ReferenceUnresolvedError(`no ${noun} goes by ${reference}`, {
    remedy: near.length > 0 ? `did you mean ${near.join(', ')}?` : `repave ${noun} list`,
  })
}

/**
 * The machines that are named, or those of a selector.
 *
 * @throws {UsageError} when it is neither, or both; {@link ReferenceUnresolvedError} when one is none, or none fits
 */
export async function meantMachines(
  connection: DaemonConnection,
  references: readonly string[],
  selector: string | undefined,
): Promise<readonly Machine[]> {
  requireEither(references, selector)
  if (selector === undefined) {
    const { items } = await readMachines(connection)
    return references.map((reference) => findMachine(items, reference))
  }
  const { items } = await selectMachines(connection, selector)
  if (items.length > 0) return items
  throw new ReferenceUnresolvedError(`no machine fits ${shownText(selector)}`, {
    remedy: 'repave machine list --selector ...',
  })
}

/** @throws {UsageError} when machines are meant both ways, or neither */
export function requireEither(references: readonly string[], selector: string | undefined): void {
  if ((selector === undefined) !== (references.length === 0)) return
  throw new UsageError('name machines, or give a --selector')
}

/** The run that a person means, among those that the daemon knows. */
export async function resolveRun(connection: DaemonConnection, reference: string): Promise<Run> {
  const { items } = await readRuns(connection)
  return findRun(items, (await readMachines(connection)).items, reference)
}
