import { formatByteSize } from '../base/byte-size.ts'
import type { Disk, Drift, Machine } from '../contract/machine.ts'
import type { ParamValues } from '../contract/param.ts'
import type { Run } from '../contract/run.ts'
import { durationText } from './duration-text.ts'
import { paramValueText } from './param-text.ts'
import { diskText, firmwareText, outcomeLine } from './run-outcome.ts'
import { runLines } from './run-lines.ts'
import { hasEnded } from './run-stages.ts'
import { shownText } from './shown-text.ts'
import { standingFacts } from './standing-facts.ts'
import { machineMark } from './state-mark.ts'
import { factLines } from './table-text.ts'

/** One machine for people: what it is, what is on it, what happens to it. Inert. */
export function machineLines(machine: Machine, run: Run | undefined, nowMs: number): string[] {
  const { inventory } = machine
  const facts: (readonly [string, string])[] = [
    ['machine', `${machine.name}  ${machine.id}`],
    ['state', machineMark(machine, run).word],
    ['image', machine.imageName ?? '-'],
    ['network', [...machine.macAddresses, machine.address ?? ''].join('  ').trimEnd()],
    ['on boot', machine.onBoot],
    ...(machine.labels === undefined ? [] : [['labels', labelsText(machine.labels)] as const]),
    ...(machine.profiles?.length ? [['profiles', machine.profiles.join(' ')] as const] : []),
    ...(machine.params === undefined ? [] : [['params', paramsText(machine.params)] as const]),
    ...(machine.drift === undefined ? [] : [['drift', driftText(machine.drift, nowMs)] as const]),
    ...standingFacts(machine),
    ['seen', `${durationText(nowMs - machine.lastSeenAtMs)} ago`],
    ['firmware', firmwareText(machine)],
  ]
  if (inventory !== undefined) {
    const { cpu, system } = inventory
    facts.push(
      ['serial', shownText(system.serialNumber)],
      ['processor', `${shownText(cpu.model)}  ${cpu.logicalCores} cores`],
      ['memory', formatByteSize(inventory.memoryBytes)],
      ...inventory.disks.map(
        (disk) => ['disk', `${diskText(disk)}${keptText(disk, machine)}`] as const,
      ),
    )
  }
  if (run === undefined) return factLines(facts)
  if (hasEnded(run)) return factLines([...facts, ['last run', outcomeLine(run)]])
  return [...factLines(facts), '', ...runLines(run, nowMs)]
}

function labelsText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${shownText(value, 64)}`)
    .join(' ')
}

function paramsText(params: ParamValues): string {
  return Object.entries(params)
    .map(([name, value]) => `${name}=${paramValueText(value)}`)
    .join(' ')
}

function driftText(drift: Drift, nowMs: number): string {
  const { corrections, reprovisions, lastBytesDifferent, lastAtMs } = drift
  const last = `${formatByteSize(lastBytesDifferent)} ${durationText(nowMs - lastAtMs)} ago`
  return `found by ${corrections} of ${reprovisions} rebuilds, last ${last}`
}

function keptText({ serial, wwn }: Disk, { protectedDisks = [] }: Machine): string {
  const isKept = [serial, wwn].some((name) => name !== undefined && protectedDisks.includes(name))
  return isKept ? '  (protected)' : ''
}
