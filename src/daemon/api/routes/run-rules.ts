import {
  interventionRequestSchema,
  newRunSchema,
  runListSchema,
} from '../../../contract/api-documents.ts'
import { runPlanSchema } from '../../../contract/run-plan.ts'
import { type InterventionVerb, interventionVerbs, runSchema } from '../../../contract/run.ts'
import type { RouteRule, RouteRules } from './route-rule.ts'

const summaries: Record<InterventionVerb, string> = {
  approve: 'Let a run go on that waits for a person',
  hold: 'Hold a run before its next task',
  release: 'Let a run go on that is held',
  retry: 'Try again what failed; order anew what has ended without success',
  skip: 'Leave out the task that is due',
  step: 'Let a held run do one task, and hold it again',
  cancel: 'End a run',
}

const rule = (verb: InterventionVerb): RouteRule => ({
  ...{ role: 'operator', about: 'run', summary: summaries[verb] },
  ...{ body: interventionRequestSchema, answer: runSchema, isRevised: true },
})

export const runRules: RouteRules = {
  'GET /api/v1/runs': {
    ...{
      role: 'viewer',
      about: 'machines',
      summary: 'Every unfinished run, and the newest others',
    },
    ...{ answer: runListSchema, item: runSchema },
  },
  'POST /api/v1/runs': {
    ...{ role: 'operator', about: 'wanted-machine', summary: 'Run a workflow on a machine' },
    ...{ body: newRunSchema, answer: runSchema, status: 201, isRevised: true },
  },
  'POST /api/v1/plans': {
    ...{ role: 'viewer', about: 'wanted-machine', summary: 'What a run would do; changes nothing' },
    ...{ body: newRunSchema, answer: runPlanSchema },
  },
  'GET /api/v1/runs/:id': {
    ...{ role: 'viewer', about: 'run', summary: 'One run' },
    answer: runSchema,
  },
  ...Object.fromEntries(
    interventionVerbs.map((verb) => [`POST /api/v1/runs/:id/${verb}`, rule(verb)]),
  ),
}
