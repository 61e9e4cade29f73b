/** `0.4s`, `12s`, `2m14s`, `1h05m`, `3d04h`: two units at most, for people. */
export function durationText(durationMs: number): string {
  const seconds = Math.max(0, durationMs) / 1000
  if (seconds < 9.95) return `${seconds.toFixed(1)}s`
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole}s`
  if (whole < 3600) return `${Math.floor(whole / 60)}m${twoDigits(whole % 60)}s`
  if (whole < 86_400) return `${Math.floor(whole / 3600)}h${twoDigits((whole % 3600) / 60)}m`
  return `${Math.floor(whole / 86_400)}d${twoDigits((whole % 86_400) / 3600)}h`
}

function twoDigits(value: number): string {
  return String(Math.floor(value)).padStart(2, '0')
}

/** Reads `90s`, `10m`, `2h`, `1d` as milliseconds; undefined when it is none of these. */
export function readDurationMs(text: string): number | undefined {
  const match = /^(\d{1,9})(s|m|h|d)$/.exec(text.trim())
  if (match === null) return undefined
  const unitMs = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[match[2] ?? ''] ?? Number.NaN
  return Number(match[1]) * unitMs
}
