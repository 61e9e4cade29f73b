import { ByteWriter } from '../../base/byte-writer.ts'

const pointerFlag = 0xc000
const mostPointedAt = 0x3fff

/**
 * Domain names as option 119 carries them: RFC 1035 labels, and a pointer where a suffix was written
 * before (RFC 3397 §2). Undefined when one of them is no domain name.
 */
export function domainSearchValue(names: readonly string[]): Uint8Array | undefined {
  const writer = new ByteWriter()
  const writtenAt = new Map<string, number>()
  for (const name of names) {
    if (!isDomainName(name)) return undefined
    writeName(writer, name.replace(/\.$/, '').toLowerCase().split('.'), writtenAt)
  }
  return writer.finish()
}

function writeName(writer: ByteWriter, labels: string[], writtenAt: Map<string, number>): void {
  for (const [index, label] of labels.entries()) {
    const suffix = labels.slice(index).join('.')
    const known = writtenAt.get(suffix)
    if (known !== undefined) {
      writer.uint16(pointerFlag | known)
      return
    }
    if (writer.length <= mostPointedAt) writtenAt.set(suffix, writer.length)
    writer.uint8(label.length)
    for (const character of label) writer.uint8(character.charCodeAt(0))
  }
  writer.uint8(0)
}

/** Letters, digits, `-` and `_`; labels of 1 to 63 characters, 253 in all. */
export function isDomainName(text: string): boolean {
  const name = text.replace(/\.$/, '')
  return name.length <= 253 && name.split('.').every((label) => /^[\w-]{1,63}$/.test(label))
}
