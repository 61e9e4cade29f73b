import { z } from 'zod'

import { timeMsSchema } from './values.ts'

/**
 * What happened, in the one order in which it happened. `type.action.key` is what a topic matches:
 * `run.failed.6f1c…`, `machine.*.*`. The types in use are listed in docs/events.md.
 */
export const eventSchema = z.object({
  /** 1, 2, 3 … without gaps. */
  seq: z.number().int().positive(),
  timeMs: timeMsSchema,
  type: z.string().max(64),
  action: z.string().max(64),
  key: z.string().max(256),
  /** Who caused it: `daemon`, `agent:<machine>`, `operator:<name>`. */
  principal: z.string().max(128),
  machineId: z.uuid().optional(),
  runId: z.uuid().optional(),
  body: z.record(z.string(), z.json()),
})
export type RepaveEvent = z.infer<typeof eventSchema>

/** An event before the store gives it its number. */
export type NewEvent = Omit<RepaveEvent, 'seq'>

/** `type.action.key`, each a comma list or `*` (Digital Rebar's `register`). */
export const topicSchema = z
  .string()
  .max(512)
  .regex(/^[^.\s]+\.[^.\s]+\.[^\s]+$/, 'expected type.action.key, each a name, a comma list or *')

/** Whether a topic such as `machine,run.*.*` covers the event. */
export function topicMatches(
  topic: string,
  event: Pick<RepaveEvent, 'type' | 'action' | 'key'>,
): boolean {
  const [type = '*', action = '*', ...key] = topic.split('.')
  const covers = (pattern: string, value: string) =>
    pattern === '*' || pattern.split(',').includes(value)
  return (
    covers(type, event.type) && covers(action, event.action) && covers(key.join('.'), event.key)
  )
}
