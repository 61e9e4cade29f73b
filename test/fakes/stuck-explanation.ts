import type { Explanation } from '../../src/contract/explanation.ts'
import { sampleTimeMs } from './sample-fleet.ts'

/** A machine whose iPXE was offered an address and never asked for it. */
export function stuckExplanation(changes: Partial<Explanation> = {}): Explanation {
  return {
    machineName: 'node-2',
    state: 'stuck',
    cause: 'offer-ignored',
    lastGood: 'iPXE was offered 10.0.0.7',
    expected: 'a REQUEST from iPXE',
    sinceMs: sampleTimeMs - 32_000,
    usuallyMs: 100,
    hint: 'another DHCP server may have answered faster: repave doctor',
    timeline: [
      { kind: 'offer', atMs: sampleTimeMs - 40_000, text: 'PXE was offered 10.0.0.7' },
      { kind: 'program', atMs: sampleTimeMs - 38_000, text: 'got ipxe.efi' },
      { kind: 'offer', atMs: sampleTimeMs - 32_000, text: 'iPXE was offered 10.0.0.7' },
    ],
    ...changes,
  }
}
