/** What of a row can be searched, by the name of its column. */
export type RowFields = Readonly<Record<string, string>>

/**
 * Whether a row passes `/` text: words with blanks between them, each of which some field must contain.
 * `!word` is its opposite, `state:failed` looks at one field only. Case does not matter.
 */
export function passesFilter(filter: string, fields: RowFields): boolean {
  const words = filter.toLowerCase().split(' ')
  return words.every((word) => word === '' || passesWord(word, fields))
}

function passesWord(word: string, fields: RowFields): boolean {
  if (word.startsWith('!')) return word === '!' || !passesWord(word.slice(1), fields)
  const [name = '', wanted] = word.split(/:(.*)/s)
  if (wanted !== undefined && Object.hasOwn(fields, name)) {
    return (fields[name] ?? '').toLowerCase().includes(wanted)
  }
  return Object.values(fields).some((value) => value.toLowerCase().includes(word))
}
