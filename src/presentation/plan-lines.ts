import { formatByteSize } from '../base/byte-size.ts'
import type { Disk, DiskContents, DiskSignature } from '../contract/machine.ts'
import type { RunPlan } from '../contract/run-plan.ts'
import { paramValueText } from './param-text.ts'
import { diskText } from './run-outcome.ts'
import { shownText } from './shown-text.ts'
import { factLines, tableLines } from './table-text.ts'

/** A plan for people: which disk loses what, which ones stay and why, and every task. Inert. */
export function planLines(plan: RunPlan): string[] {
  const facts: (readonly [string, string])[] = [
    ['machine', shownText(plan.machineName, 63)],
    ['workflow', plan.workflow],
    ['image', shownText([plan.imageName, plan.imageDigest].join('  ').trim(), 160)],
    ...(plan.disk === undefined ? [] : lostFacts('replaced', plan.disk, plan.machineName)),
    ...(plan.wiped ?? []).flatMap((disk) => lostFacts('wiped', disk, plan.machineName)),
    ...(plan.problem === undefined
      ? []
      : [['no disk', shownText(plan.problem.message, 400)] as const]),
    ...plan.disks.flatMap(({ disk, refusal }) =>
      refusal === undefined
        ? []
        : [['untouched', `${diskText(disk)}  ${shownText(refusal, 200)}`] as const],
    ),
    ['plan', plan.digest],
  ]
  const rows = plan.tasks.map(({ stage, name, action }) => [stage, name, action])
  const params = plan.params.map(({ name, value, from }) => [name, paramValueText(value), from])
  return [
    ...factLines(facts),
    ...(params.length === 0 ? [] : ['', ...tableLines(['PARAM', 'VALUE', 'FROM'], params)]),
    '',
    ...tableLines(['STAGE', 'TASK', 'ACTION'], rows),
  ]
}

function lostFacts(word: string, disk: Disk, machineName: string): (readonly [string, string])[] {
  const { contents, model, transport } = disk
  const lines =
    contents === undefined
      ? [
          `what lies on it is read before it is chosen; to see it now: repave machine run discover ${shownText(machineName, 63)}`,
        ]
      : contentLines(contents)
  return [
    [word, `${diskText(disk)}  ${shownText(model ?? transport)}`],
    ...lines.map((line) => ['', line] as const),
  ]
}

function contentLines(contents: NonNullable<Disk['contents']>): string[] {
  if ('unreadable' in contents) return [`cannot be read: ${shownText(contents.unreadable, 200)}`]
  const whole = contents.signatures.map(signatureText)
  const lines = [...whole, ...contents.partitions.map(partitionText)]
  const table =
    contents.partitionTable === 'none' ? [] : [`${contents.partitionTable} partition table`]
  return lines.length + table.length === 0 ? ['holds nothing that is known'] : [...table, ...lines]
}

function partitionText(partition: DiskContents['partitions'][number]): string {
  const { number, name, sizeBytes, signatures, type } = partition
  const content = signatures.length === 0 ? type : signatures.map(signatureText).join(', ')
  const called = name === undefined ? '' : `  ${shownText(name, 40)}`
  return `${number}${called}  ${formatByteSize(sizeBytes)}  ${content}`
}

function signatureText({ kind, label }: DiskSignature): string {
  return label === undefined
    ? shownText(kind, 64)
    : `${shownText(kind, 64)} "${shownText(label, 64)}"`
}
