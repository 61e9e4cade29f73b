import { z } from 'zod'

import { newRunSchema, runListSchema } from '../../../contract/api-documents.ts'
import { runPlanSchema } from '../../../contract/run-plan.ts'
import { runSchema } from '../../../contract/run.ts'
import type { RouteRules } from './route-rule.ts'

const noteSchema = z.strictObject({ note: z.string().max(500).optional() })

export const runRules: RouteRules = {
  'GET /api/v1/runs': {
    ...{
      role: 'viewer',
      about: 'machines',
      summary: 'Every unfinished run, and the newest others',
    },
    answer: runListSchema,
  },
  'POST /api/v1/runs': {
    ...{ role: 'operator', about: 'wanted-machine', summary: 'Run a workflow on a machine' },
    ...{ body: newRunSchema, answer: runSchema, status: 201 },
  },
  'POST /api/v1/plans': {
    ...{ role: 'viewer', about: 'wanted-machine', summary: 'What a run would do; changes nothing' },
    ...{ body: newRunSchema, answer: runPlanSchema },
  },
  'GET /api/v1/runs/:id': {
    ...{ role: 'viewer', about: 'run', summary: 'One run' },
    answer: runSchema,
  },
  'POST /api/v1/runs/:id/cancel': {
    ...{ role: 'operator', about: 'run', summary: 'End a run' },
    answer: runSchema,
  },
  'POST /api/v1/runs/:id/approve': {
    ...{ role: 'operator', about: 'run', summary: 'Let a run go on that waits for a person' },
    ...{ body: noteSchema, answer: runSchema },
  },
}
