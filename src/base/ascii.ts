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

/**
 * What a terminal or a browser may act upon and a person does not see: controls, formats (bidi marks, zero-width,
 * tags), line breaks, halves of a pair.
 */
const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu
/** Marks piled upon one letter until they cover the lines around it. */
const piledMarks = /(\p{M}{4})\p{M}+/gu

/** What is unseen replaced by `?`, piles of marks cut, no longer than `maximumLength`: safe to print. */
export function inertText(text: string, maximumLength = 255): string {
  return text.slice(0, maximumLength).replaceAll(unseen, '?').replaceAll(piledMarks, '$1')
}

/** What JSON lets through although it is unseen, as escapes: the JSON means the same. */
export function inertJson(json: string): string {
  return json.replaceAll(/[\u007f-\u009f\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, (character) =>
    // A character beyond the first plane is two escapes.
    Array.from(
      { length: character.length },
      (_, index) => String.raw`\u` + character.charCodeAt(index).toString(16).padStart(4, '0'),
    ).join(''),
  )
}
