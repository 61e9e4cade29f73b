import { digestHex } from '../../../base/digest.ts'
import { canonicalJson } from '../../../contract/canonical-json.ts'
import { type Receipt, type SignedReceipt, receiptSchema } from '../../../contract/receipt.ts'
import type { Run } from '../../../contract/run.ts'
import { earliestSeedOffset } from '../../../contract/seed.ts'
import type { Secrets } from '../bootenv/secrets.ts'
import type { StoredImage } from '../image/image-store.ts'
import { currentTask } from './run-step.ts'

/** Whose word it must be, and about what. */
export interface ReceiptSubject {
  /** The key with which the agent joined. */
  readonly publicKey: string
  readonly run: Run
  readonly image: StoredImage | undefined
}

/** Why the receipt does not prove the write of the run's current attempt; undefined when it does. */
export function receiptFault(
  signed: SignedReceipt,
  { publicKey, run, image }: ReceiptSubject,
  secrets: Pick<Secrets, 'hashOf' | 'isSignedBy'>,
): string | undefined {
  if (image === undefined) return 'its image is gone'
  if (!secrets.isSignedBy(publicKey, signed.receipt, signed.signature)) {
    return 'it is not signed by the agent that sent it'
  }
  if (secrets.hashOf(signed.receipt) !== digestHex(signed.digest)) return 'its digest is wrong'
  const receipt = readReceipt(signed.receipt)
  if (receipt === undefined) return 'it cannot be read'
  const isSeedTask = currentTask(run)?.task.action === 'write-seed'
  return isSeedTask ? seedMismatch(receipt, run, image) : mismatch(receipt, run, image)
}

/** With the seed taken out again it must be the receipt of the image, to the letter. */
function seedMismatch({ seed, ...rest }: Receipt, run: Run, image: StoredImage) {
  if (seed === undefined) return 'it names no seed'
  if (run.receipt === undefined) return 'there is no receipt of the image before it'
  const { seed: _before, ...known } = readReceipt(run.receipt.receipt) ?? {}
  if (canonicalJson(rest) !== canonicalJson(known)) return 'it states another write of the image'
  const isBehind = seed.offsetBytes >= earliestSeedOffset(image.manifest.rawBytes)
  return isBehind ? undefined : `its seed lies at ${seed.offsetBytes}, within the image`
}

/** Undefined where it is none. */
export function readReceipt(text: string): Receipt | undefined {
  try {
    return receiptSchema.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}

function mismatch(receipt: Receipt, run: Run, { manifest }: StoredImage): string | undefined {
  // What was ordered without a read-back is proven no further than its receipt says.
  const task = currentTask(run)?.task
  const isWaived = task?.action === 'write-image' && !task.readBack
  const provenBytes = isWaived ? receipt.bytesReadBack : manifest.rawBytes
  const facts: readonly (readonly [name: string, found: unknown, expected: unknown])[] = [
    ['machine', receipt.machineId, run.machineId],
    ['run', receipt.runId, run.id],
    ['attempt', receipt.attemptId, currentTask(run)?.attemptId],
    ['image', receipt.imageDigest, run.imageDigest],
    ['raw digest', receipt.rawDigest, manifest.rawDigest],
    ['raw size', receipt.rawBytes, manifest.rawBytes],
    ['read-back', receipt.readBack ?? 'complete', isWaived ? 'waived' : 'complete'],
    ['bytes read back', receipt.bytesReadBack, provenBytes],
    ['disk size', receipt.disk.sizeBytes, run.disk?.sizeBytes],
    ['disk serial', receipt.disk.serial, run.disk?.serial],
  ]
  const fault = facts.find(([, found, expected]) => found !== expected)
  return fault && `its ${fault[0]} is ${String(fault[1])}, expected ${String(fault[2])}`
}
