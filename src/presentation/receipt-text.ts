import type { Receipt, SeedReceipt, SignedReceipt } from '../contract/receipt.ts'
import { diskText } from './run-outcome.ts'
import { shownText } from './shown-text.ts'
import { factLines } from './table-text.ts'
import { writtenText } from './written-text.ts'

/** A receipt whose signature is right, for people: what it says, what that proves, and what not. */
export function receiptLines(
  receipt: Receipt,
  signed: SignedReceipt,
  isKeyGiven: boolean,
): string[] {
  const isComplete = (receipt.readBack ?? 'complete') === 'complete'
  const retries = `${receipt.chunksRefetched} chunks fetched again, ${receipt.reconnects ?? 0} reconnects`
  const facts: (readonly [string, string])[] = [
    ['image', `${receipt.imageName}  ${receipt.imageDigest}`],
    ['raw', `${receipt.rawBytes} bytes  ${receipt.rawDigest}`],
    ['disk', diskText(receipt.disk)],
    ['written', writtenText(receipt)],
    ['retries', retries],
    ...(receipt.seed === undefined ? [] : [['seed', seedText(receipt.seed)] as const]),
    ['begun', new Date(receipt.startedAtMs).toISOString()],
    ['by', shownText(receipt.agentVersion, 64)],
    ['run', receipt.runId ?? 'none: a person wrote the disk without a daemon'],
    ['digest', signed.digest],
    ['signed by', signed.publicKey],
    ['proves', provesText(isComplete)],
    ['provided', isKeyGiven ? 'nothing: the key is the one given' : keyText(receipt)],
  ]
  return ['signature good', ...factLines(facts).map((line) => `  ${line}`)]
}

function seedText({ label, offsetBytes, digest, files }: SeedReceipt): string {
  const names = files.map((name) => shownText(name, 64)).join(' ')
  return `${label} at byte ${offsetBytes}, read back: ${names}  ${digest}`
}

function provesText(isComplete: boolean): string {
  return isComplete
    ? 'every byte of the image was read from this disk and was right when the write ended'
    : 'every byte was right before it was written; the read-back was waived, so not what the disk kept'
}

/** The key is made anew for each boot: what binds it to a machine is the daemon's record. */
function keyText(receipt: Receipt): string {
  return receipt.runId === undefined
    ? 'that the writer was honest: its key was made for this write alone'
    : `that the key is the agent's of run ${receipt.runId}: the daemon checked so when it took the receipt`
}
