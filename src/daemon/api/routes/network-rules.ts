import {
  leaseListSchema,
  leaseSchema,
  subnetListSchema,
} from '../../../contract/network-documents.ts'
import type { RouteRules } from './route-rule.ts'

export const networkRules: RouteRules = {
  'GET /api/v1/leases': {
    ...{ role: 'viewer', about: 'site', summary: 'Who has which address' },
    ...{ answer: leaseListSchema, item: leaseSchema },
  },
  'DELETE /api/v1/leases/:address': {
    ...{ role: 'operator', about: 'site', summary: 'End a lease at once', status: 204 },
  },
  'GET /api/v1/subnets': {
    ...{ role: 'viewer', about: 'site', summary: 'Networks served, and other DHCP servers there' },
    answer: subnetListSchema,
  },
}
