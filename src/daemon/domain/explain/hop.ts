import type { hopKinds } from '../../../contract/explanation.ts'

export type HopKind = (typeof hopKinds)[number]

/** What ran on the machine when it asked: its firmware, iPXE, or an ordinary system. */
export type AskingProgram = 'firmware' | 'ipxe' | 'system'

/** One thing that a machine did, as an event told it. */
export interface Hop {
  readonly kind: HopKind
  readonly atMs: number
  readonly text: string
  /** Of DHCP hops. */
  readonly program?: AskingProgram
  /** Of a lease with a boot file: its name. Of a script: what it boots. */
  readonly target?: string
  /** Of `program-failed`: how much of it was acknowledged. */
  readonly acknowledgedBytes?: number
  /** Why, where it did not go well. */
  readonly because?: string
}

/** What of two hops took the time between them. */
export function hopKey({ kind, program }: Pick<Hop, 'kind' | 'program'>): string {
  return program === undefined ? kind : `${program} ${kind}`
}
