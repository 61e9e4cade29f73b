import {
  bootDecisionSchema,
  machineChangeSchema,
  machineListSchema,
  newMachineSchema,
} from '../../../contract/api-documents.ts'
import { bulkAnswerSchema, bulkRequestSchema } from '../../../contract/bulk.ts'
import { explanationSchema } from '../../../contract/explanation.ts'
import {
  machineActionSchemas,
  machineHistorySchema,
  type MachineVerb,
  machineVerbs,
} from '../../../contract/machine-actions.ts'
import { machineSchema } from '../../../contract/machine.ts'
import type { RouteRule, RouteRules } from './route-rule.ts'

const summaries: Record<MachineVerb, string> = {
  approve: 'Say that a new machine may be used',
  classify: 'Have the rules decide about a machine once more',
  merge: 'Say that a machine in conflict is one on record',
  split: 'Say that a machine in conflict is one of its own',
  retire: 'Take a machine out of use; lists leave it out',
  reinstate: 'Take it into use again',
  notes: 'Write down something about a machine',
}

const verbRule = (verb: MachineVerb): RouteRule => ({
  ...{ role: 'operator', about: 'machine', summary: summaries[verb] },
  ...{ body: machineActionSchemas[verb], answer: machineSchema, isRevised: true },
})

export const machineRules: RouteRules = {
  'GET /api/v1/machines': {
    ...{ role: 'viewer', about: 'machines', summary: 'Every machine' },
    ...{ answer: machineListSchema, item: machineSchema },
  },
  'POST /api/v1/machines': {
    ...{ role: 'operator', about: 'site', summary: 'Make a machine known before it boots' },
    ...{ body: newMachineSchema, answer: machineSchema, status: 201 },
  },
  'GET /api/v1/machines/:reference': {
    ...{ role: 'viewer', about: 'machine', summary: 'One machine, by id, name or MAC address' },
    answer: machineSchema,
  },
  'PATCH /api/v1/machines/:reference': {
    ...{ role: 'operator', about: 'machine', summary: 'Change what it does on boot, its labels' },
    ...{ body: machineChangeSchema, answer: machineSchema, isRevised: true },
  },
  'POST /api/v1/bulk': {
    ...{ role: 'operator', about: 'machines', summary: 'The same for every machine of a selector' },
    ...{ body: bulkRequestSchema, answer: bulkAnswerSchema },
  },
  'GET /api/v1/machines/:reference/boot-decision': {
    ...{ role: 'viewer', about: 'machine', summary: 'What it would boot now, and why' },
    answer: bootDecisionSchema,
  },
  'GET /api/v1/machines/:reference/history': {
    ...{ role: 'viewer', about: 'machine', summary: 'Its runs, with their receipts, newest first' },
    answer: machineHistorySchema,
  },
  ...Object.fromEntries(
    machineVerbs.map((verb) => [`POST /api/v1/machines/:reference/${verb}`, verbRule(verb)]),
  ),
  'GET /api/v1/machines/:reference/explanation': {
    ...{ role: 'viewer', about: 'machine', summary: 'Why it is where it is, and what to try' },
    answer: explanationSchema,
  },
}
