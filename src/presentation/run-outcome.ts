import { formatByteSize } from '../base/byte-size.ts'
import type { Disk, Machine } from '../contract/machine.ts'
import { type Receipt, receiptSchema } from '../contract/receipt.ts'
import type { Run, WipedDisk } from '../contract/run.ts'
import { durationText } from './duration-text.ts'
import { failureText } from './event-text.ts'
import { writtenText } from './written-text.ts'
import { stageDurationMs, stagesOf } from './run-stages.ts'
import { shortId, shownText } from './shown-text.ts'
import { factLines } from './table-text.ts'

/** The receipt's content, unless it is none; its signature is the daemon's business. */
export function receiptOf(run: Run): Receipt | undefined {
  if (run.receipt === undefined) return undefined
  try {
    return receiptSchema.safeParse(JSON.parse(run.receipt.receipt)).data
  } catch {
    return undefined
  }
}

/** The proof of an ended run, for people: what ran where, what was written, how long each stage took. */
export function outcomeLines(run: Run, machine: Machine | undefined): string[] {
  return [headline(run), ...factLines(outcomeFacts(run, machine)).map((line) => `  ${line}`)]
}

function headline(run: Run): string {
  const took = (run.endedAtMs ?? run.createdAtMs) - (run.startedAtMs ?? run.createdAtMs)
  const name = shownText(run.machineName)
  if (run.state === 'succeeded') return `${name} succeeded in ${durationText(took)}`
  const why = run.failure === undefined ? '' : `: ${failureText(run.failure)}`
  return `${name} ${run.state} after ${durationText(took)}${why}`
}

type Fact = readonly [name: string, value: string]

function outcomeFacts(run: Run, machine: Machine | undefined): Fact[] {
  const receipt = receiptOf(run)
  return [
    ['machine', machineText(run, machine)],
    ['firmware', firmwareText(machine)],
    ['image', imageText(run, receipt)],
    ...(run.disk === undefined ? [] : [['disk', diskText(run.disk)] as const]),
    ...(run.wipe?.disks ?? []).map((disk) => ['wiped', wipedText(disk)] as const),
    ...(run.disksLeft ?? []).map(
      ({ disk, reason }) => ['left', `${diskText(disk)}  ${shownText(reason, 200)}`] as const,
    ),
    ...(receipt === undefined ? [] : [['written', writtenText(receipt)] as const]),
    ['stages', stagesText(run)],
    ['run', `${run.id} (${run.workflow})`],
    ...receiptFact(run),
  ]
}

/** Nothing of a run that writes no image needs a proof. */
function receiptFact(run: Run): Fact[] {
  if (run.receipt !== undefined) return [['receipt', run.receipt.digest]]
  const writes = run.tasks.some(({ task }) => task.action === 'write-image')
  return writes ? [['receipt', 'none: the bytes are not proven']] : []
}

function machineText(run: Run, machine: Machine | undefined): string {
  const address = machine?.address === undefined ? [] : [machine.address]
  return [shownText(run.machineName, 63), ...(machine?.macAddresses ?? []), ...address].join('  ')
}

/** `uefi x86_64  QEMU Standard PC`; `unknown` before the first inventory. */
export function firmwareText(machine: Machine | undefined): string {
  const inventory = machine?.inventory
  if (inventory === undefined) return 'unknown'
  const { manufacturer, productName } = inventory.system
  const model = [manufacturer, productName]
    .map((part) => shownText(part, 60, ''))
    .join(' ')
    .trim()
  return `${inventory.firmwareMode} ${inventory.arch}${model === '' ? '' : `  ${model}`}`
}

function imageText(run: Run, receipt: Receipt | undefined): string {
  if (run.capturedImage !== undefined) {
    const { name, version, digest } = run.capturedImage
    return `${shownText(name)}@${shownText(version, 64)}  ${digest}`
  }
  const name = receipt?.imageName ?? run.params.imageName ?? '-'
  const digest = receipt?.imageDigest ?? run.imageDigest
  return digest === undefined ? name : `${name}  ${digest}`
}

/** `/dev/vda  10 GiB  serial ABC`, inert: the drive says so itself. */
export function diskText(disk: Pick<Disk, 'path' | 'sizeBytes' | 'serial'>): string {
  const serial = disk.serial === undefined ? '' : `  serial ${shownText(disk.serial, 64)}`
  return `${shownText(disk.path)}  ${formatByteSize(disk.sizeBytes)}${serial}`
}

/** `/dev/vda  10 GiB  serial ABC  zero: all 10737418240 bytes read back as zero`. */
export function wipedText(disk: WipedDisk): string {
  const { way, bytesReadBack, sizeBytes } = disk
  const proven = bytesReadBack === sizeBytes ? `all ${bytesReadBack}` : bytesReadBack
  return `${diskText(disk)}  ${way}: ${proven} bytes read back as zero`
}

function stagesText(run: Run): string {
  const endMs = run.endedAtMs ?? run.createdAtMs
  const parts = stagesOf(run).map((stage) => {
    const tookMs = stageDurationMs(stage, endMs)
    if (tookMs === undefined) return `${stage.name} not begun`
    const flaw = stage.state === 'failed' ? ' (failed)' : ''
    return `${stage.name} ${durationText(tookMs)}${flaw}`
  })
  return parts.join(', ')
}

/** One line for an ended run in a list: id, state and, when it failed, why. */
export function outcomeLine(run: Run): string {
  const why = run.failure === undefined ? '' : `: ${failureText(run.failure)}`
  return `${shortId(run.id)} ${run.state}${why}`
}
