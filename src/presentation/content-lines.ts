import type { ContentChange, ContentPlan } from '../contract/content-documents.ts'
import { shownText } from './shown-text.ts'

const marks: Readonly<Record<ContentChange['change'], string>> = {
  added: '+',
  changed: '~',
  removed: '-',
}

/** What content would change, key by key. Inert. */
export function changeLines(changes: readonly ContentChange[]): string[] {
  return changes.flatMap(({ kind, name, change, keys }) => [
    `${marks[change]} ${kind} ${name}`,
    ...keys.map(({ path, before, after }) => {
      const key = path === '' ? 'all of it' : shownText(path, 200)
      return `    ${key}: ${valueText(before)} -> ${valueText(after)}`
    }),
  ])
}

export function planSummary({ changes, machines }: ContentPlan): string[] {
  const count = (wanted: ContentChange['change']) =>
    changes.filter(({ change }) => change === wanted).length
  return [
    `${count('added')} added, ${count('changed')} changed, ${count('removed')} removed`,
    ...machines.map((fault) => `would not fit any more  ${shownText(fault, 300)}`),
  ]
}

function valueText(value: ContentChange['keys'][number]['before']): string {
  return value === undefined ? 'nothing' : shownText(JSON.stringify(value), 100)
}
