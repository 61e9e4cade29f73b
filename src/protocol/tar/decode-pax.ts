import { latin1Text } from '../../base/ascii.ts'
import { accepted, refused, type TarOutcome } from './tar-member.ts'

/** The records of an extended header that matter to us; absent is what it does not say. */
export interface PaxFacts {
  readonly path?: string
  readonly linkTarget?: string
  readonly sizeBytes?: number
  readonly userId?: number
  readonly groupId?: number
  readonly modifiedSeconds?: number
}

const largestNumber = 2 ** 50

/**
 * Decodes `length keyword=value\n` records (IEEE 1003.1-2017, pax Extended Header). Names are bytes,
 * one character each. Total.
 */
export function decodePaxRecords(bytes: Uint8Array): TarOutcome<PaxFacts> {
  let facts: PaxFacts = {}
  for (let offset = 0; offset < bytes.length;) {
    const space = bytes.indexOf(0x20, offset)
    const digits = latin1Text(bytes.subarray(offset, Math.max(offset, space)))
    const length = /^[1-9]\d{0,8}$/.test(digits) ? Number(digits) : 0
    const end = offset + length
    if (length <= digits.length + 1 || end > bytes.length || bytes[end - 1] !== 0x0a) {
      return refused('an extended header with a record of a wrong length')
    }
    const record = latin1Text(bytes.subarray(space + 1, end - 1))
    const equals = record.indexOf('=')
    if (equals < 1) return refused('an extended header with a record without a name')
    const fact = readRecord(record.slice(0, equals), record.slice(equals + 1))
    if (!fact.ok) return fact
    facts = { ...facts, ...fact.value }
    offset = end
  }
  return accepted(facts)
}

function readRecord(keyword: string, value: string): TarOutcome<PaxFacts> {
  if (keyword.startsWith('GNU.sparse.'))
    return refused('a sparse file; make the archive without -S')
  const numbers = {
    size: 'sizeBytes',
    uid: 'userId',
    gid: 'groupId',
    mtime: 'modifiedSeconds',
  } as const
  if (keyword === 'path' || keyword === 'linkpath') {
    if (value.includes('\0')) return refused(`an extended header with a NUL in its ${keyword}`)
    return accepted(keyword === 'path' ? { path: value } : { linkTarget: value })
  }
  if (!Object.hasOwn(numbers, keyword)) return accepted({})
  const fact = numbers[keyword as keyof typeof numbers]
  // A time may be before 1970 and has a fraction.
  const isTime = fact === 'modifiedSeconds'
  if (!(isTime ? /^-?\d+(?:\.\d*)?$/ : /^\d+$/).test(value) || Number(value) > largestNumber) {
    return refused(`an extended header whose ${keyword} is no number`)
  }
  return accepted({ [fact]: Math.max(0, Math.floor(Number(value))) })
}
