import { Box, Text } from 'ink'
import { createElement as h, type ReactElement, useContext } from 'react'

import type { Status } from '../../contract/status-documents.ts'
import { durationText } from '../../presentation/duration-text.ts'
import { cutText, shownText } from '../../presentation/shown-text.ts'
import { factLines } from '../../presentation/table-text.ts'
import type { Layout } from '../layout.ts'
import type { ScreenState } from '../screen-state.ts'
import { ThemeContext } from '../theme.ts'

/** The daemon and each of its servers: where it listens, what it has counted, and what grows. */
export function ServicePanel({
  state,
  layout,
}: {
  state: ScreenState
  layout: Layout
}): ReactElement {
  const { ascii } = useContext(ThemeContext)
  const lines = state.status === undefined ? ['asking the daemon'] : serviceLines(state.status)
  return h(
    Box,
    { flexDirection: 'column', width: layout.columns, height: layout.bodyRows, overflow: 'hidden' },
    ...lines
      .slice(0, layout.bodyRows)
      .map((line, index) =>
        h(
          Text,
          { key: String(index), wrap: 'truncate' },
          cutText(` ${line}`, layout.columns, ascii ? '~' : '…'),
        ),
      ),
  )
}

function serviceLines({ now, before, atMs }: NonNullable<ScreenState['status']>): string[] {
  const facts = factLines([
    ['version', shownText(now.version)],
    ['running', `for ${durationText(atMs - now.startedAtMs)}`],
    ['interface', shownText(now.interface)],
    ['address', shownText(now.provisioningUrl, 200)],
  ])
  const servers = now.servers.flatMap((server) => [
    '',
    `${shownText(server.name)}  ${shownText(server.endpoint)}`,
    ...factLines(counterFacts(server, before)).map((line) => `  ${line}`),
  ])
  return [...facts, ...servers]
}

function counterFacts(
  server: Status['servers'][number],
  before: Status | undefined,
): (readonly [string, string])[] {
  const earlier = before?.servers.find(({ name }) => name === server.name)?.counters
  const facts = Object.entries(server.counters).map(([name, count]): readonly [string, string] => {
    const grown = count - (earlier?.[name] ?? count)
    return [shownText(name, 40), grown > 0 ? `${count}  +${grown}` : String(count)]
  })
  return facts.length === 0 ? [['counters', 'none yet']] : facts
}
