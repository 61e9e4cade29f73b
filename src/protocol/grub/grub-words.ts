import { CodedError } from '../../base/coded-error.ts'

/** A value cannot stand in a GRUB script as one word that means only itself. */
export class GrubUnsafeWordError extends CodedError {
  readonly code = 'ERR_GRUB_UNSAFE_WORD'
  /** Made printable, cut to 80 characters. */
  readonly word: string

  constructor(word: string) {
    const printable = word.slice(0, 80).replaceAll(/[^\x20-\x7e]/g, '?')
    super(`not safe in a GRUB script: ${printable}`, {
      remedy: 'Use printable ASCII without blanks, quotes and backslashes.',
    })
    this.word = printable
  }
}

/**
 * A URL or an argument as one word. Between single quotes nothing means anything to GRUB's shell, so
 * only the quote itself could end the word; blanks, backslashes and double quotes are refused because
 * GRUB's `linux` would escape them on the kernel's command line.
 *
 * @throws {GrubUnsafeWordError} when the text would arrive as something else
 */
export function grubWord(text: string): string {
  if (!/^[\x21\x23-\x26\x28-\x5b\x5d-\x7e]+$/.test(text)) throw new GrubUnsafeWordError(text)
  return `'${text}'`
}

/**
 * Text for people on the machine's console, quoted. What is not a letter, a digit or harmless
 * punctuation becomes `?`; at most 200 characters.
 */
export function grubText(text: string): string {
  const plain = text.slice(0, 200).replaceAll(/[^A-Za-z0-9 .,:_/()"+=@%!?*<>[\]-]/g, '?')
  // `echo` takes a leading dash for an option.
  return `'${plain.replace(/^[ -]+/, '')}'`
}
