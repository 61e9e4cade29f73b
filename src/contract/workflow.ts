import { z } from 'zod'

import { nameSchema } from './values.ts'

/** Which disk to write. Exactly one disk of the machine must match, else the task refuses. */
export const diskRuleSchema = z.strictObject({
  serial: z.string().optional(),
  wwn: z.string().optional(),
  model: z.string().optional(),
  minimumBytes: z.number().int().positive().optional(),
  maximumBytes: z.number().int().positive().optional(),
  rotational: z.boolean().optional(),
  transport: z.string().optional(),
})
export type DiskRule = z.infer<typeof diskRuleSchema>

const taskBase = {
  name: nameSchema,
  timeoutSeconds: z.number().int().positive().max(86_400).default(600),
  retry: z
    .strictObject({
      /** Tries in all, the first included. */
      attempts: z.number().int().min(1).max(100).default(1),
      /** Wait before try n+1 is `backoffSeconds` × 2^(n-1), at most 300 s. */
      backoffSeconds: z.number().int().min(0).max(300).default(2),
    })
    .prefault({}),
  /** `fail` the run, `hold` it for a person, or `continue` as if the task had succeeded. */
  onError: z.enum(['fail', 'hold', 'continue']).default('fail'),
}

const task = <Action extends string>(action: Action) =>
  z.strictObject({ ...taskBase, action: z.literal(action) })

/** What the agent or the daemon does. The agent runs the first five, the daemon the last two. */
export const taskSchema = z.discriminatedUnion('action', [
  task('inventory'),
  z.strictObject({
    ...taskBase,
    action: z.literal('select-disk'),
    disk: diskRuleSchema.prefault({}),
  }),
  task('write-image'),
  task('write-seed'),
  task('reboot'),
  task('approve'),
  task('await-phone-home'),
])
export type Task = z.infer<typeof taskSchema>
export type TaskAction = Task['action']

export const agentActions = [
  'inventory',
  'select-disk',
  'write-image',
  'write-seed',
  'reboot',
] as const

export const stageSchema = z.strictObject({
  name: nameSchema,
  description: z.string().optional(),
  tasks: z.array(taskSchema).min(1, 'a stage without tasks would do nothing and report success'),
})

/** `workflows/NAME/workflow.yaml`. */
export const workflowSchema = z.strictObject({
  name: nameSchema,
  description: z.string().optional(),
  stages: z
    .array(stageSchema)
    .min(1, 'a workflow without stages would do nothing and report success'),
})
export type Workflow = z.infer<typeof workflowSchema>
