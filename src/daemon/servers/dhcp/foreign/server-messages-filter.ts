import type { FilterStep } from '../socket-calls.ts'

// linux/bpf_common.h: what each code loads or asks.
const loadHalfWordAt = 0x28
const loadByteAt = 0x30
const loadHalfWordBehindHeader = 0x48
const headerLengthAt = 0xb1
const isEqual = 0x15
const hasAnyBit = 0x45
const give = 0x06

/**
 * Lets through what DHCP servers say: UDP from port 67 to 67 or 68. A provisioning network carries
 * gigabytes a second of images, and none of that may be copied to us.
 */
export const serverMessagesFilter: readonly FilterStep[] = [
  { code: loadByteAt, jt: 0, jf: 0, k: 9 },
  // UDP, else give nothing.
  { code: isEqual, jt: 0, jf: 8, k: 17 },
  { code: loadHalfWordAt, jt: 0, jf: 0, k: 6 },
  // No fragment behind a first one.
  { code: hasAnyBit, jt: 6, jf: 0, k: 0x1fff },
  { code: headerLengthAt, jt: 0, jf: 0, k: 0 },
  { code: loadHalfWordBehindHeader, jt: 0, jf: 0, k: 0 },
  { code: isEqual, jt: 0, jf: 3, k: 67 },
  { code: loadHalfWordBehindHeader, jt: 0, jf: 0, k: 2 },
  { code: isEqual, jt: 2, jf: 0, k: 68 },
  { code: isEqual, jt: 1, jf: 0, k: 67 },
  { code: give, jt: 0, jf: 0, k: 0 },
  { code: give, jt: 0, jf: 0, k: 0xffff },
]
