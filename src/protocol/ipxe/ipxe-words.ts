import { CodedError } from '../../base/coded-error.ts'

/** A value cannot stand in an iPXE script as one word that means only itself. */
export class IpxeUnsafeWordError extends CodedError {
  readonly code = 'ERR_IPXE_UNSAFE_WORD'
  /** Made printable, cut to 80 characters. */
  readonly word: string

  constructor(word: string) {
    const printable = word.slice(0, 80).replaceAll(/[^\x20-\x7e]/g, '?')
    super(`not safe in an iPXE script: ${printable}`, {
      remedy: 'Use printable ASCII without blanks, backslashes and "${".',
    })
    this.word = printable
  }
}

/**
 * A URL or an argument, unchanged, as one word of a command. iPXE splits a line at blanks, then takes
 * the words `||`, `&&` and `;` for operators, a word that begins with `#` for a comment, a backslash
 * at the end for a line that goes on, and expands `${...}`; there is no way to quote any of them.
 *
 * @throws {IpxeUnsafeWordError} when the text would be more or something else than one word
 */
export function ipxeWord(text: string): string {
  const isOneWord = /^[\x21-\x5b\x5d-\x7e]+$/.test(text)
  const isOperator = text === '||' || text === '&&' || text === ';' || text.startsWith('#')
  if (!isOneWord || isOperator || text.includes('${')) throw new IpxeUnsafeWordError(text)
  return text
}

/**
 * Text for people on the machine's console. What is not a letter, a digit or harmless punctuation
 * becomes `?`; at most 200 characters.
 */
export function ipxeText(text: string): string {
  return text
    .slice(0, 200)
    .replaceAll(/[^A-Za-z0-9 .,:_/()'"+=@%!?*<>[\]-]/g, '?')
    .replace(/^[ -]+/, '')
}
