import { ruleListSchema, ruleTrialAnswerSchema, ruleTrialSchema } from '../../../contract/rule.ts'
import type { RouteRules } from './route-rule.ts'

export const ruleRules: RouteRules = {
  'GET /api/v1/rules': {
    ...{ role: 'viewer', about: 'site', summary: 'Rules for new machines, as they are tried' },
    answer: ruleListSchema,
  },
  'POST /api/v1/rules/dry-run': {
    ...{ role: 'viewer', about: 'machines', summary: 'What they would make of machines' },
    ...{ body: ruleTrialSchema, answer: ruleTrialAnswerSchema },
  },
}
