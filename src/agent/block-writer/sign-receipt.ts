import { canonicalJson } from '../../contract/canonical-json.ts'
import type { ImageManifest } from '../../contract/image-manifest.ts'
import type { Disk } from '../../contract/machine.ts'
import type { Receipt, SignedReceipt } from '../../contract/receipt.ts'
import type { AgentKey } from '../agent-key.ts'
import { digestOf } from './chunk-measures.ts'
import type { WriteTotals } from './write-image.ts'

/** A write that came to its end. */
export interface ProvenWrite {
  readonly context: Pick<Receipt, 'machineId' | 'runId' | 'attemptId'>
  readonly order: Pick<Receipt, 'imageName' | 'imageDigest'>
  readonly manifest: Pick<ImageManifest, 'rawDigest' | 'rawBytes'>
  readonly disk: Disk
  readonly totals: WriteTotals
  readonly bytesFetched: number
  readonly chunksRefetched: number
  readonly startedAtMs: number
}

/** States what was proven, signed with the key of this boot. */
export function signReceipt(
  agent: { readonly key: AgentKey; readonly agentVersion: string },
  write: ProvenWrite,
): SignedReceipt {
  const { machineId, runId, attemptId } = write.context
  const { path, serial, wwn, model, sizeBytes } = write.disk
  const receipt = canonicalJson({
    format: 'repave-receipt/1',
    ...{ machineId, runId, attemptId },
    imageName: write.order.imageName,
    imageDigest: write.order.imageDigest,
    rawDigest: write.manifest.rawDigest,
    rawBytes: write.manifest.rawBytes,
    disk: { path, serial, wwn, model, sizeBytes },
    ...write.totals,
    bytesFetched: write.bytesFetched,
    chunksRefetched: write.chunksRefetched,
    startedAtMs: write.startedAtMs,
    agentVersion: agent.agentVersion,
  })
  return {
    receipt,
    digest: digestOf(Buffer.from(receipt)),
    signature: agent.key.sign(receipt),
    publicKey: agent.key.publicKeyBase64,
  }
}
