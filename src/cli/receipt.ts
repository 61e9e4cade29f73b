import { createHash, createPublicKey, verify } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Command } from 'commander'

import { messageOf } from '../base/coded-error.ts'
import { type Digest, digestFromBytes } from '../base/digest.ts'
import {
  type Receipt,
  receiptSchema,
  type SignedReceipt,
  signedReceiptSchema,
} from '../contract/receipt.ts'
import { receiptLines } from '../presentation/receipt-text.ts'
import {
  addCommand,
  type CommandLine,
  type CommonOptions,
  connectionOf,
  runs,
} from './command-line.ts'
import { readMachines, readRuns } from './daemon-lists.ts'
import { ReceiptRefusedError, ReferenceUnresolvedError } from './errors.ts'
import { printThing } from './output.ts'
import { findRun } from './references.ts'

interface VerifyOptions extends CommonOptions {
  readonly key?: string
}

/** `repave receipt show|verify`. */
export function receiptCommands(line: CommandLine, program: Command): void {
  const receipt = program.command('receipt').description('proofs of writes: show, verify')
  addCommand(line, receipt, {
    words: 'show <run>',
    summary: 'the signed receipt of a run; --output json is what verify takes',
    examples: ['receipt show node-1', 'receipt show 6f1c2d3e --output json > receipt.json'],
  }).action(
    runs(line, async (reference: string, options: CommonOptions) => {
      const connection = connectionOf(line, options)
      const { items } = await readRuns(connection)
      const run = findRun(items, (await readMachines(connection)).items, reference)
      if (run.receipt === undefined) {
        throw new ReferenceUnresolvedError(`run ${run.id} has no receipt: nothing is proven`)
      }
      await printReceipt(line, options, run.receipt, undefined)
      return 0
    }),
  )
  addCommand(line, receipt, {
    words: 'verify <file>',
    summary: "checks a receipt's signature and says what it proves; asks no daemon",
    examples: ['receipt verify receipt.json', 'receipt verify receipt.json --key MCowBQYDK2Vw...'],
  })
    .option('--key <base64>', 'the key that must have signed it')
    .action(
      runs(line, async (file: string, options: VerifyOptions) => {
        await printReceipt(line, options, await readReceiptFile(file), options.key)
        return 0
      }),
    )
  receipt.addHelpText(
    'after',
    '\nExamples:\n  repave receipt show node-1 --output json > receipt.json\n  repave receipt verify receipt.json',
  )
}

async function readReceiptFile(file: string): Promise<SignedReceipt> {
  try {
    const document = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>
    const { receipt, digest, signature, publicKey } = document
    return signedReceiptSchema.parse({ receipt, digest, signature, publicKey })
  } catch (error) {
    throw new ReceiptRefusedError(`${file} is no signed receipt: ${messageOf(error).slice(0, 300)}`)
  }
}

async function printReceipt(
  line: CommandLine,
  options: CommonOptions,
  signed: SignedReceipt,
  key: string | undefined,
): Promise<void> {
  const receipt = openReceipt(signed, key)
  const isKeyGiven = key !== undefined
  await printThing(line.world, options.output, {
    kind: 'Receipt',
    value: signed,
    name: signed.digest,
    lines: receiptLines(receipt, signed, isKeyGiven),
  })
}

/**
 * The receipt, when it is what was signed.
 *
 * @throws {ReceiptRefusedError}
 */
export function openReceipt(signed: SignedReceipt, key?: string): Receipt {
  if (key !== undefined && key !== signed.publicKey) {
    throw new ReceiptRefusedError(`it is signed with ${signed.publicKey}, not with the key given`)
  }
  if (!isSigned(signed)) throw new ReceiptRefusedError('its signature is wrong')
  if (digestOf(signed.receipt) !== signed.digest) {
    throw new ReceiptRefusedError('its digest is wrong')
  }
  try {
    return receiptSchema.parse(JSON.parse(signed.receipt))
  } catch (error) {
    throw new ReceiptRefusedError(`it says what nobody can read: ${messageOf(error).slice(0, 300)}`)
  }
}

function isSigned({ receipt, signature, publicKey }: SignedReceipt): boolean {
  try {
    const x = Buffer.from(publicKey, 'base64').toString('base64url')
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
    return verify(null, Buffer.from(receipt), key, Buffer.from(signature, 'base64'))
  } catch {
    return false
  }
}

function digestOf(text: string): Digest {
  return digestFromBytes(createHash('sha256').update(text).digest())
}
