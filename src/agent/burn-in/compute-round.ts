import { createHash } from 'node:crypto'

const hashedBytes = 65_536
const floatSteps = 50_000

/** Some milliseconds of integer, vector and floating-point work whose result is always the same. */
export function computeRound(): string {
  const bytes = Buffer.alloc(hashedBytes)
  let state = 0x9e3779b9
  for (let offset = 0; offset < hashedBytes; offset += 4) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    bytes.writeInt32LE(state | 0, offset)
  }
  let sum = 0
  for (let step = 1; step <= floatSteps; step++) sum += Math.sqrt(step) / (step + 0.5)
  return createHash('sha256').update(bytes).update(sum.toExponential(15)).digest('hex')
}
