import { pino } from 'pino'
import { prettyFactory } from 'pino-pretty'

import { inertJson, inertText } from '../../base/ascii.ts'
import type { Logger } from '../../base/logger.ts'
import type { DaemonConfig } from '../configuration/config.ts'
import { LogSink, standardErrorForLogs } from './log-sink.ts'

/** Longer texts are cut in what people read. */
const longestText = 10_000

/** One JSON object a line on standard error, or text for people where that is a terminal. */
export function createLogger(
  { logLevel, logFormat }: Pick<DaemonConfig, 'logLevel' | 'logFormat'>,
  isTerminal: boolean,
): Logger {
  const forPeople = logFormat === 'pretty' || (logFormat === 'auto' && isTerminal)
  const lineOf = forPeople ? prettyLine() : inertJson
  const sink = new LogSink(standardErrorForLogs(), (count) =>
    lineOf(
      `${JSON.stringify({ level: 'warn', time: new Date().toISOString(), msg: `${count} lines of the log were dropped` })}\n`,
    ),
  )
  const shape = {
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  }
  return pino({ level: logLevel, ...shape }, { write: (line) => sink.write(lineOf(line)) })
}

function prettyLine(): (line: string) => string {
  const prettify = prettyFactory({
    ...{ singleLine: true, translateTime: 'SYS:HH:MM:ss', colorize: process.stderr.isTTY },
  })
  return (line) => prettify(inertValue(JSON.parse(line)))
}

/** The same with every text in it inert; lines of a stack stay lines. */
function inertValue(value: unknown): unknown {
  if (typeof value === 'string') {
    return value
      .split('\n')
      .map((line) => inertText(line, longestText))
      .join('\n')
  }
  if (Array.isArray(value)) return value.map(inertValue)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [inertText(name), inertValue(member)]),
  )
}
