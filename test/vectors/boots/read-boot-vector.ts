import { readdirSync, readFileSync } from 'node:fs'

/** What one machine said on its way from power-on to its script, as it was captured, and what it was told. */
export interface BootVector {
  /** Firmware and option ROM. */
  readonly machine: string
  readonly macAddress: string
  /** What the machine was set to. */
  readonly bootPrograms?: Readonly<Record<string, string>>
  readonly steps: readonly BootStep[]
}

export type BootStep =
  | { readonly kind: 'dhcp'; readonly request: string; readonly bootFileName: string }
  | {
      readonly kind: 'tftp'
      readonly request: string
      /** The first packet that was answered; `data` for a block. */
      readonly answer: string
      /** The ERROR with which the firmware ended it. */
      readonly ending?: string
    }
  | {
      readonly kind: 'http'
      readonly request: string
      readonly status: number
      readonly contentType: string
      /** Requests with the same one came on one connection. */
      readonly connection: string
    }

/** Every boot in this folder. Packets are hexadecimal. */
export function readBootVectors(): readonly BootVector[] {
  return readdirSync(import.meta.dirname)
    .filter((file) => file.endsWith('.json'))
    .map((file) => {
      const text = readFileSync(new URL(file, import.meta.url), 'utf8')
      return JSON.parse(text) as BootVector
    })
}
