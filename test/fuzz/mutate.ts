/** Whole numbers from 0 up to `below`, drawn from a seed, so that every case can be had again. */
export type Draw = (below: number) => number

/** xorshift32 over `seed`; the same seed gives the same numbers. */
export function seededDraw(seed: number): Draw {
  let state = seed | 0 || 1
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % Math.max(1, below)
  }
}

/** Values on which length and type fields break. */
const awkwardBytes = [0, 1, 2, 3, 4, 7, 8, 16, 127, 128, 252, 253, 254, 255]
const longestBytes = 65_536

/** One seed with one to six changes, or bytes of pure chance. */
export function mutate(seeds: readonly Uint8Array[], draw: Draw): Uint8Array {
  const seed = seeds[draw(seeds.length)]
  if (seed === undefined || draw(16) === 0) {
    return Uint8Array.from({ length: draw(2001) }, () => draw(256))
  }
  let bytes = Uint8Array.from(seed)
  for (let changes = 1 + draw(6); changes > 0; changes--) {
    bytes = changed(bytes, seeds, draw).slice(0, longestBytes)
  }
  return bytes
}

function changed(bytes: Uint8Array, seeds: readonly Uint8Array[], draw: Draw): Uint8Array {
  const at = draw(bytes.length)
  const length = draw(Math.min(64, bytes.length - at) + 1)
  switch (draw(6)) {
    case 0:
      return bytes.length === 0 ? bytes : bytes.with(at, draw(256))
    case 1:
      return bytes.length === 0
        ? bytes
        : bytes.with(at, awkwardBytes[draw(awkwardBytes.length)] ?? 0)
    case 2:
      return bytes.subarray(0, at)
    case 3:
      return joined(bytes.subarray(0, at), bytes.subarray(at + length))
    case 4:
      return joined(bytes.subarray(0, at + length), bytes.subarray(at))
    default: {
      const other = seeds[draw(seeds.length)] ?? bytes
      return joined(bytes.subarray(0, at), other.subarray(draw(other.length + 1)))
    }
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(first.length + second.length)
  bytes.set(first)
  bytes.set(second, first.length)
  return bytes
}
