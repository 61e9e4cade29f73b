import { type DestinationStream, pino } from 'pino'
import pretty from 'pino-pretty'

import type { Logger } from '../base/logger.ts'
import type { DaemonConfig } from './config.ts'

/**
 * One JSON object a line on standard error, or text for people where that is a terminal. Written at
 * once, so that the last line before a crash is there.
 */
export function createLogger(
  { logLevel, logFormat }: Pick<DaemonConfig, 'logLevel' | 'logFormat'>,
  isTerminal: boolean,
): Logger {
  const forPeople = logFormat === 'pretty' || (logFormat === 'auto' && isTerminal)
  const destination: DestinationStream = forPeople
    ? pretty({ destination: 2, sync: true, singleLine: true, translateTime: 'SYS:HH:MM:ss' })
    : pino.destination({ dest: 2, sync: true })
  const shape = {
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  }
  return pino({ level: logLevel, ...shape }, destination)
}
