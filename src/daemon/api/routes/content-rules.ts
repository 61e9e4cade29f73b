import {
  contentChangesSchema,
  contentFilesSchema,
  contentPlanSchema,
  contentStateSchema,
} from '../../../contract/content-documents.ts'
import {
  bootEnvListSchema,
  renderedBootEnvSchema,
  workflowListSchema,
} from '../../../contract/definition-documents.ts'
import {
  machineParamsSchema,
  paramListSchema,
  paramQuerySchema,
  profileFactsSchema,
  profileListSchema,
} from '../../../contract/param-documents.ts'
import { workflowSchema } from '../../../contract/workflow.ts'
import type { RouteRules } from './route-rule.ts'

export const contentRules: RouteRules = {
  'GET /api/v1/content': {
    ...{ role: 'viewer', about: 'site', summary: 'The content in force, and where it comes from' },
    answer: contentStateSchema,
  },
  'GET /api/v1/content/changes': {
    ...{ role: 'viewer', about: 'site', summary: 'What own content changes about what ships' },
    answer: contentChangesSchema,
  },
  'POST /api/v1/content/plan': {
    ...{ role: 'operator', about: 'site', summary: 'What content would change; changes nothing' },
    ...{ body: contentFilesSchema, answer: contentPlanSchema },
  },
  'POST /api/v1/content': {
    ...{ role: 'admin', about: 'site', summary: 'Put content in force, whole or not at all' },
    ...{ body: contentFilesSchema, answer: contentPlanSchema, isRevised: true },
  },
  'GET /api/v1/params': {
    ...{ role: 'viewer', about: 'site', summary: 'Every param, and what fits it' },
    answer: paramListSchema,
  },
  'GET /api/v1/profiles': {
    ...{ role: 'viewer', about: 'site', summary: 'Every profile, and which machines have it' },
    ...{ answer: profileListSchema, item: profileFactsSchema },
  },
  'GET /api/v1/workflows': {
    ...{ role: 'viewer', about: 'site', summary: 'Every workflow, with its stages and tasks' },
    ...{ answer: workflowListSchema, item: workflowSchema },
  },
  'GET /api/v1/bootenvs': {
    ...{ role: 'viewer', about: 'site', summary: 'What a machine can boot' },
    answer: bootEnvListSchema,
  },
  'GET /api/v1/machines/:reference/bootenv': {
    ...{ role: 'viewer', about: 'machine', summary: 'What it would boot now, params filled in' },
    answer: renderedBootEnvSchema,
  },
  'GET /api/v1/machines/:reference/params': {
    ...{ role: 'viewer', about: 'machine', summary: 'What each param is for it, and who says so' },
    ...{ query: paramQuerySchema, answer: machineParamsSchema },
  },
}
