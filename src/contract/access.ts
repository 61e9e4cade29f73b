import { z } from 'zod'

import { nameSchema, timeMsSchema } from './values.ts'

/** What a token lets its bearer do; each holds what stands before it. */
export const roles = ['viewer', 'operator', 'admin'] as const
export type Role = (typeof roles)[number]

/** Whether `role` may do what `needed` may. */
export function roleCovers(role: Role, needed: Role): boolean {
  return roles.indexOf(role) >= roles.indexOf(needed)
}

/**
 * Which machines, as a query would ask for them: `state=Eq(ready)&name=Re(^web-)`. The grammar is that of
 * the list filters (docs/api.md).
 */
const selectorTextSchema = z.string().min(1).max(1024)

/** A token as everybody may see it: never its secret, never the hash of it. */
export const tokenFactsSchema = z.object({
  /** Twelve hex digits; part of the token's text, and no secret. */
  id: z.string(),
  name: nameSchema,
  role: z.enum(roles),
  /** Absent: every machine, and the site itself. */
  selector: selectorTextSchema.optional(),
  createdAtMs: timeMsSchema,
  createdBy: z.string(),
  expiresAtMs: timeMsSchema.optional(),
})
export type TokenFacts = z.infer<typeof tokenFactsSchema>
export const tokenListSchema = z.object({
  items: z.array(tokenFactsSchema),
  total: z.number().int().optional(),
  next: z.string().optional(),
})

/** `POST /api/v1/tokens`. */
export const newTokenSchema = z.strictObject({
  name: nameSchema,
  role: z.enum(roles),
  selector: selectorTextSchema.optional(),
  /** From now on; a token without it does not expire. At most ten years. */
  validSeconds: z.number().int().min(1).max(315_360_000).optional(),
})
export type NewToken = z.input<typeof newTokenSchema>

/** `POST /api/v1/web-logins`: a link for a browser, below the address of the daemon's TCP listener. */
export const webLoginSchema = z.object({ path: z.string() })

/** The only time that the token itself is ever shown. */
export const createdTokenSchema = tokenFactsSchema.extend({ token: z.string() })
export type CreatedToken = z.infer<typeof createdTokenSchema>
