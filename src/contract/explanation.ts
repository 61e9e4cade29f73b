import { z } from 'zod'

import { nameSchema, timeMsSchema } from './values.ts'

/** How far a boot came, in the order in which a boot that goes well has them. */
export const hopKinds = [
  'pool-full',
  'declined',
  'refused',
  'offer',
  'lease',
  'unserved',
  'proxy-offer',
  'proxy-lease',
  'program',
  'program-failed',
  'script',
  'kernel',
  'initramfs',
  'file-failed',
  'agent-refused',
  'agent',
  'agent-lost',
  'task',
  'called-home',
] as const

/** One thing that a machine did, or that was done for it. */
export const hopSchema = z.object({
  kind: z.enum(hopKinds),
  atMs: timeMsSchema,
  /** One inert line. */
  text: z.string(),
})

/** `GET /api/v1/machines/MACHINE/explanation`: why it is where it is. */
export const explanationSchema = z.object({
  machineName: nameSchema,
  /**
   * `fine` nothing is expected of it · `working` what is expected may still come · `stuck` it has taken
   * longer than it should · `failed` it has ended, and not well · `waiting` for a person or for its turn.
   */
  state: z.enum(['fine', 'working', 'stuck', 'failed', 'waiting']),
  /** Name of the rule that fits, such as `offer-ignored`; docs/stuck.md has them all. */
  cause: nameSchema,
  /** What happened last that was good. */
  lastGood: z.string(),
  /** What should have come next; absent where nothing should. */
  expected: z.string().optional(),
  /** Since when it is waited for. */
  sinceMs: timeMsSchema,
  /** How long the same took lately, in the middle; absent where it was never seen. */
  usuallyMs: z.number().nonnegative().optional(),
  /** What to try. */
  hint: z.string().optional(),
  /** This boot and its run, oldest first. */
  timeline: z.array(hopSchema),
})
export type Explanation = z.infer<typeof explanationSchema>
