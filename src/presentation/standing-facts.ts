import type { Machine } from '../contract/machine.ts'
import { shownText } from './shown-text.ts'

/** What people and rules have said of a machine, and what waits for a word of theirs. Inert. */
export function standingFacts(machine: Machine): readonly (readonly [string, string])[] {
  const { approval, classification, conflict, notes = [], place, retirement } = machine
  const port = [place?.remoteId, place?.circuitId].filter((part) => part !== undefined).join(' ')
  const where = [place?.subnet ?? '', port].filter((part) => part !== '').join(', ')
  return [
    ...(retirement === undefined
      ? []
      : [['retired', saidText(retirement.by, retirement.atMs, retirement.note)] as const]),
    ...(conflict === undefined ? [] : [['in doubt', shownText(conflict.because, 300)] as const]),
    ...(approval === undefined
      ? []
      : [['approval', approvalText(approval, machine.name)] as const]),
    ...(where === '' ? [] : [['place', shownText(where, 120)] as const]),
    ...(classification?.rules ?? []).map(
      ({ rule, because }) => ['rule', `${rule}: ${shownText(because, 200)}`] as const,
    ),
    ...(classification?.workflow === undefined
      ? []
      : [['rules order', classification.workflow] as const]),
    ...(classification?.problems ?? []).map(
      (problem) => ['problem', shownText(problem, 200)] as const,
    ),
    ...notes.slice(-5).map(({ by, atMs, text }) => ['note', saidText(by, atMs, text)] as const),
  ]
}

function approvalText(approval: NonNullable<Machine['approval']>, name: string): string {
  const { approved, because, order } = approval
  if (approved !== undefined) return saidText(approved.by, approved.atMs, approved.note)
  const then = order === undefined ? '' : `; then ${order.workflow} begins`
  return `waits: ${shownText(because, 200)}; repave machine approve ${name}${then}`
}

function saidText(by: string, atMs: number, text: string | undefined): string {
  const when = new Date(atMs).toISOString().slice(0, 16).replace('T', ' ')
  return `${when} ${shownText(by, 60)}${text === undefined ? '' : `: ${shownText(text, 200)}`}`
}
