/** ASCII and UTF-8 without Node or Web types, for the codecs. */

/** Bytes of an ASCII string. @throws {RangeError} when a character is not ASCII */
export function asciiBytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length)
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code > 0x7f) throw new RangeError(`not ASCII: character ${code} at ${index}`)
    bytes[index] = code
  }
  return bytes
}

/** Each byte as the character of that number (Latin-1); never fails, keeps hostile bytes as they are. */
export function latin1Text(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return text
}

/** Printable ASCII kept, everything else replaced by `?`, at most `maximumLength` characters. */
export function printableText(bytes: Uint8Array, maximumLength = 255): string {
  let text = ''
  for (const byte of bytes.subarray(0, maximumLength)) {
    text += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '?'
  }
  return text
}

/** Control characters (and the C1 range, bidi marks and line breaks) replaced, cut at `maximumLength`: safe to print. */
export function inertText(text: string, maximumLength = 255): string {
  return text
    .slice(0, maximumLength)
    .replaceAll(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g, '?')
}
