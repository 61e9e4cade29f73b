import { hash } from 'node:crypto'

import { digestFromBytes } from '../../base/digest.ts'
import { canonicalJson } from '../../contract/canonical-json.ts'
import type { ImageManifest } from '../../contract/image-manifest.ts'
import type { Disk } from '../../contract/machine.ts'
import {
  type Receipt,
  receiptSchema,
  type SeedReceipt,
  type SignedReceipt,
} from '../../contract/receipt.ts'
import type { AgentKey } from '../agent-key.ts'
import type { WriteTotals } from './write-image.ts'

/** A write that came to its end. */
export interface ProvenWrite {
  /** Absent where no daemon ordered it. */
  readonly context?: Pick<Receipt, 'machineId' | 'runId' | 'attemptId'>
  readonly order: Pick<Receipt, 'imageName' | 'imageDigest'>
  readonly manifest: Pick<ImageManifest, 'rawDigest' | 'rawBytes'>
  readonly disk: Disk
  readonly totals: WriteTotals
  readonly transfer: Pick<Receipt, 'bytesFetched' | 'chunksRefetched' | 'reconnects'>
  readonly startedAtMs: number
}

/** States what was proven, signed with the key of this boot. */
export function signReceipt(
  agent: { readonly key: AgentKey; readonly agentVersion: string },
  write: ProvenWrite,
): SignedReceipt {
  const { path, serial, wwn, model, sizeBytes } = write.disk
  const receipt = canonicalJson({
    format: 'repave-receipt/1',
    ...contextOf(write),
    imageName: write.order.imageName,
    imageDigest: write.order.imageDigest,
    rawDigest: write.manifest.rawDigest,
    rawBytes: write.manifest.rawBytes,
    disk: { path, serial, wwn, model, sizeBytes },
    ...write.totals,
    ...write.transfer,
    startedAtMs: write.startedAtMs,
    agentVersion: agent.agentVersion,
  })
  return signed(agent.key, receipt)
}

/** The same receipt with the seed in it, signed anew: the key of the boot that wrote the image may be gone. */
export function addSeedToReceipt(
  key: AgentKey,
  { receipt }: SignedReceipt,
  seed: SeedReceipt,
): SignedReceipt {
  return signed(key, canonicalJson({ ...receiptSchema.parse(JSON.parse(receipt)), seed }))
}

function signed(key: AgentKey, receipt: string): SignedReceipt {
  return {
    receipt,
    digest: digestFromBytes(hash('sha256', receipt, 'buffer')),
    signature: key.sign(receipt),
    publicKey: key.publicKeyBase64,
  }
}

/** Those three alone: a task's context holds more. */
function contextOf({ context }: ProvenWrite): ProvenWrite['context'] {
  if (context === undefined) return {}
  const { machineId, runId, attemptId } = context
  return { machineId, runId, attemptId }
}
