import { generateKeyPairSync, sign } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { createInterface } from 'node:readline/promises'

import type { Disk } from '../../contract/machine.ts'
import type { AgentKey } from '../agent-key.ts'
import { laneCountFor } from '../block-writer/lanes/lane-count.ts'
import { ProgressMeter } from '../block-writer/progress-meter.ts'
import { signReceipt } from '../block-writer/sign-receipt.ts'
import { TargetDisk } from '../block-writer/target-disk.ts'
import { writeImage } from '../block-writer/write-image.ts'
import { planWrite } from '../block-writer/write-plan.ts'
import { KernelFiles } from '../linux/kernel-files.ts'
import { WriteNotConfirmedError } from './errors.ts'
import { findDisk } from './find-disk.ts'
import { findImage } from './find-image.ts'
import { ProgressOutput } from './progress-output.ts'
import { readWriteArguments, type WriteArguments, writeHelp } from './write-arguments.ts'
import { outcomeText, planLines } from './write-text.ts'

const clock = { nowMs: () => Date.now(), monotonicMs: () => performance.now() }
const writerVersion = '0.1.0'

/**
 * `repave write IMAGE DISK`: the writer that machines deploy with, for the disk of any Linux. The plan and
 * the progress go to stderr, the outcome to stdout.
 *
 * @throws {CodedError} the disk is then untouched or cannot boot
 */
export async function runWriteCommand(argv: readonly string[]): Promise<number> {
  const words = readWriteArguments(argv)
  if (words === undefined) {
    process.stdout.write(writeHelp)
    return 0
  }
  const interruption = new AbortController()
  const interrupt = () => interruption.abort(new WriteNotConfirmedError('interrupted'))
  process.once('SIGINT', interrupt)
  process.once('SIGTERM', interrupt)
  try {
    return await write(words, interruption.signal)
  } finally {
    process.off('SIGINT', interrupt)
    process.off('SIGTERM', interrupt)
  }
}

async function write(words: WriteArguments, signal: AbortSignal): Promise<number> {
  const files = new KernelFiles()
  const output = new ProgressOutput(process.stderr, clock)
  const startedAtMs = clock.nowMs()
  const image = await findImage(words, signal)
  const { manifest, imageDigest, packUrl } = image
  const chosen = await findDisk(files, words.disk)
  const plan = planWrite(manifest, chosen)
  for (const line of planLines(image, chosen, plan, words)) output.say(line)
  if (words.onlyPlan) return 0
  if (!words.isConfirmed) await confirm(chosen, signal)

  await using target = await TargetDisk.open(chosen, { files })
  const meter = new ProgressMeter(clock, (progress) => output.show(progress))
  const totals = await writeImage({
    ...{ target, plan, imageDigest, packUrl, meter, clock, signal },
    ...{ mode: words.mode, readBack: words.readBack },
    laneCount: laneCountFor(availableParallelism()),
    log: (line) => output.say(line),
  })
  output.say('')
  const order = { imageName: manifest.name, imageDigest }
  const signed = signReceipt(
    { key: createKey(), agentVersion: writerVersion },
    { order, manifest, disk: target.disk, totals, transfer: meter.transfer, startedAtMs },
  )
  if (words.receiptPath !== undefined) {
    writeFileSync(words.receiptPath, `${JSON.stringify(signed, undefined, 2)}\n`)
  }
  process.stdout.write(`${outcomeText(image, target.disk, totals)}\n`)
  process.stdout.write(
    `receipt ${signed.digest}${words.receiptPath === undefined ? ', not kept: --receipt FILE keeps it' : `: ${words.receiptPath}`}\n`,
  )
  return 0
}

/** @throws {WriteNotConfirmedError} unless the disk's serial, or its path where it has none, is typed */
async function confirm({ path, serial = path }: Disk, signal: AbortSignal): Promise<void> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new WriteNotConfirmedError(
      `${path} would be overwritten, and nobody is here to confirm it`,
      {
        remedy: 'say --yes when that is what you want',
      },
    )
  }
  const question = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answer = await question.question(`All of ${path} is lost. Type ${serial} to go on: `, {
      signal,
    })
    if (answer.trim() !== serial) {
      throw new WriteNotConfirmedError(`not confirmed: ${path} is untouched`)
    }
  } finally {
    question.close()
  }
}

/** A key of this very write: what it signs cannot be changed, but who it was must be known otherwise. */
function createKey(): AgentKey {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const x = publicKey.export({ format: 'jwk' }).x ?? ''
  return {
    publicKeyBase64: Buffer.from(x, 'base64url').toString('base64'),
    sign: (text) => sign(null, Buffer.from(text), privateKey).toString('base64'),
  }
}
