import {
  bootDecisionSchema,
  machineChangeSchema,
  machineListSchema,
  newMachineSchema,
} from '../../../contract/api-documents.ts'
import { machineSchema } from '../../../contract/machine.ts'
import type { RouteRules } from './route-rule.ts'

export const machineRules: RouteRules = {
  'GET /api/v1/machines': {
    ...{ role: 'viewer', about: 'machines', summary: 'Every machine' },
    answer: machineListSchema,
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
    ...{ body: machineChangeSchema, answer: machineSchema },
  },
  'GET /api/v1/machines/:reference/boot-decision': {
    ...{ role: 'viewer', about: 'machine', summary: 'What it would boot now, and why' },
    answer: bootDecisionSchema,
  },
}
