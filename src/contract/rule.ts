import { z } from 'zod'

import { cpuArchs } from '../base/cpu-arch.ts'
import { labelsSchema, machineSchema, onBootSchema, profileNamesSchema } from './machine.ts'
import { paramValuesSchema } from './param.ts'
import { runParamsSchema } from './run.ts'
import { byteCountSchema, nameSchema } from './values.ts'

/** One condition, or several that all have to be met: `Eq(ready)`, `Re(^SN-)`, `Gte(4)`, or a plain value. */
const conditionsSchema = z.union(
  [
    z.string().min(1).max(1024),
    z.number(),
    z.boolean(),
    z.array(z.string().min(1).max(1024)).min(1).max(8),
  ],
  'expected a value, or conditions such as Re(^SN-) and Gte(4)',
)

/** What rules set on a machine, besides its name. */
const settingsShape = {
  labels: labelsSchema.optional(),
  params: paramValuesSchema.optional(),
  profiles: profileNamesSchema.optional(),
  onBoot: onBootSchema.optional(),
  /** Runs at once, or when the machine is approved. */
  workflow: nameSchema.optional(),
  /** What `machine run` takes as options: `imageName`, `hostname`. */
  workflowParams: runParamsSchema.optional(),
}

/**
 * `rules/NAME/rule.yaml`: what becomes of machines that nobody has named. Rules are tried in their order
 * when the inventory of such a machine has come; the first that fits decides, unless it says `continue`.
 */
export const ruleSchema = z.strictObject({
  name: nameSchema,
  description: z.string().max(500).optional(),
  /** Smaller ones are tried first, equal ones by their names. */
  order: z.number().int().min(0).max(1_000_000).default(500),
  /** What has to be so, by field, as list filters say it. Nothing: it fits every machine. */
  when: z.record(z.string().min(1).max(256), conditionsSchema).default({}),
  set: z
    .strictObject({
      /** May hold {{ serial }}, {{ mac }}, {{ number }} and the other words of docs/machines.md. */
      name: z.string().min(1).max(128).optional(),
      ...settingsShape,
    })
    .default({}),
  /** Whether a person has to approve the machine. Default: as the setting `newMachines` says. */
  approval: z.enum(['required', 'waived']).optional(),
  /** `continue`: later rules may add what this one has not set. */
  afterwards: z.enum(['stop', 'continue']).default('stop'),
  /** Machines in use that it may fit at most. */
  maxCount: z.number().int().min(1).max(1_000_000).optional(),
})
export type Rule = z.infer<typeof ruleSchema>

/** What a rule may ask about, beside what is on the machine's record. */
export const machineFactsSchema = z.object({
  /** How many disks it has, and how large the largest is. */
  disks: z.number().int(),
  largestDiskBytes: byteCountSchema,
  cards: z.number().int(),
  arch: z.enum(cpuArchs).optional(),
})
export const ruleViewSchema = machineSchema.extend({ facts: machineFactsSchema })
export type RuleView = z.infer<typeof ruleViewSchema>

/** What one rule made of a machine, and why. */
export const ruleOutcomeSchema = z.object({
  rule: nameSchema,
  outcome: z.enum(['fits', 'does-not-fit', 'full', 'not-reached']),
  because: z.string(),
})
export type RuleOutcome = z.infer<typeof ruleOutcomeSchema>

/** What all rules together would make of a machine. */
export const classifiedSchema = z.object({
  machineName: nameSchema,
  outcomes: z.array(ruleOutcomeSchema),
  set: z.object({ name: nameSchema.optional(), ...settingsShape }),
  approval: z.enum(['required', 'waived']).optional(),
  problems: z.array(z.string()),
})
export type Classified = z.infer<typeof classifiedSchema>

/**
 * `POST /api/v1/rules/dry-run`: what they would make of one machine, of those of a selector, or of each. Nothing is
 * changed.
 */
export const ruleTrialSchema = z
  .strictObject({
    machine: z.string().min(1).max(64).optional(),
    selector: z.string().min(1).max(1024).optional(),
  })
  .default({})
export const ruleTrialAnswerSchema = z.object({ items: z.array(classifiedSchema) })

/** `GET /api/v1/rules`: in the order in which they are tried. */
export const listedRuleSchema = ruleSchema.extend({
  /** Machines in use that it has fitted. */
  machines: z.number().int(),
})
export type ListedRule = z.infer<typeof listedRuleSchema>
export const ruleListSchema = z.object({ items: z.array(listedRuleSchema) })
