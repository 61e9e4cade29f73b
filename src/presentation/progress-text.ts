import { formatByteSize, GIBIBYTE, KIBIBYTE, MEBIBYTE } from '../base/byte-size.ts'
import type { WriteProgress } from '../contract/run.ts'
import { durationText } from './duration-text.ts'
import { stalledMs, type WriteView } from './write-view.ts'

/** Share done, 0 to 1; never 1 before the last byte. */
export function doneFraction(progress: Pick<WriteProgress, 'doneBytes' | 'totalBytes'>): number {
  if (progress.totalBytes === 0) return 1
  return Math.min(1, progress.doneBytes / progress.totalBytes)
}

/** `58%`, rounded down: 100% means every byte. */
export function percentText(progress: Pick<WriteProgress, 'doneBytes' | 'totalBytes'>): string {
  return `${Math.floor(doneFraction(progress) * 100)}%`
}

/** `1.3/2.2 GiB`: both in the unit of the total. */
export function doneOfTotalText(doneBytes: number, totalBytes: number): string {
  const [unitBytes, unit] =
    totalBytes >= GIBIBYTE
      ? [GIBIBYTE, 'GiB']
      : totalBytes >= MEBIBYTE
        ? [MEBIBYTE, 'MiB']
        : [KIBIBYTE, 'KiB']
  const digits = totalBytes / unitBytes >= 100 ? 0 : 1
  const done = (doneBytes / unitBytes).toFixed(digits)
  return `${done}/${(totalBytes / unitBytes).toFixed(digits)} ${unit}`
}

/** `312 MiB/s`; empty until a rate is known. */
export function rateText(bytesPerSecond: number): string {
  return bytesPerSecond === 0 ? '' : `${formatByteSize(bytesPerSecond)}/s`
}

/** `~3 s`, `~40 s`, `~2 min`, `~1 h 10 min`: as coarse as an estimate is. */
export function etaText(etaSeconds: number): string {
  const seconds = Math.max(1, Math.round(etaSeconds))
  if (seconds < 10) return `~${seconds} s`
  const fives = Math.round(seconds / 5) * 5
  if (fives < 60) return `~${fives} s`
  const minutes = Math.max(1, Math.round(seconds / 60))
  if (minutes < 60) return `~${minutes} min`
  const tens = Math.round(minutes / 10) * 10
  return tens % 60 === 0 ? `~${tens / 60} h` : `~${Math.floor(tens / 60)} h ${tens % 60} min`
}

/** What is left to wait for: an estimate, or for how long nothing has moved and why; empty when neither is known. */
export function paceText(view: WriteView, nowMs: number): string {
  const stalled = stalledMs(view, nowMs)
  if (stalled !== undefined) {
    const { bottleneck } = view.progress
    const waiting = bottleneck === undefined ? '' : `, waiting for the ${bottleneck}`
    return `stalled ${durationText(stalled)}${waiting}`
  }
  return view.etaSeconds === undefined ? '' : `ETA ${etaText(view.etaSeconds)}`
}

/** `58%  1.3/2.2 GiB  312 MiB/s  ETA ~3 s`; parts that are not known are left out. */
export function progressText(view: WriteView, nowMs: number): string {
  const { progress } = view
  const parts = [
    percentText(progress).padStart(4),
    doneOfTotalText(progress.doneBytes, progress.totalBytes),
    rateText(progress.bytesPerSecond),
    paceText(view, nowMs),
  ]
  return parts.filter((part) => part !== '').join('  ')
}

/** `net 104 MiB/s  decode 312 MiB/s  disk 311 MiB/s`; rates that are zero are left out. */
export function ratesText(progress: WriteProgress): string {
  const rates = [
    ['net', progress.networkBytesPerSecond],
    ['decode', progress.decodeBytesPerSecond],
    ['disk', progress.diskBytesPerSecond],
  ] as const
  const parts = rates.flatMap(([name, rate = 0]) =>
    rate === 0 ? [] : [`${name} ${rateText(rate)}`],
  )
  return parts.join('  ')
}

/** A bar of exactly `width` characters. */
export function barText(fraction: number, width: number, ascii: boolean): string {
  const full = Math.floor(Math.min(1, Math.max(0, fraction)) * width)
  const [done, open] = ascii ? ['#', '-'] : ['█', '░']
  return done.repeat(full) + open.repeat(Math.max(0, width - full))
}
