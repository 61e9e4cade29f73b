import { CodedError } from '../../../base/coded-error.ts'
import { imageRules } from './image-rules.ts'
import { machineRules } from './machine-rules.ts'
import { networkRules } from './network-rules.ts'
import type { RouteRule, RouteRules } from './route-rule.ts'
import { runRules } from './run-rules.ts'
import { siteRules } from './site-rules.ts'

/**
 * Who may do what: every route of the operators' interface. A route that is not here does not start
 * (../access-guard.ts), and the OpenAPI document is made from it.
 */
export const routeTable: RouteRules = {
  ...siteRules,
  ...machineRules,
  ...runRules,
  ...imageRules,
  ...networkRules,
}

/** A route that nobody decided about. It never goes into service. */
export class RouteWithoutRuleError extends CodedError {
  readonly code = 'ERR_ROUTE_WITHOUT_RULE'

  constructor(route: string) {
    super(`${route} stands in no table of src/daemon/api/routes`, {
      remedy: 'say there who may use it',
    })
  }
}

/** @throws {RouteWithoutRuleError} when there is none */
export function ruleOf(method: string, url: string): RouteRule {
  const route = `${method === 'HEAD' ? 'GET' : method} ${url}`
  const rule = routeTable[route]
  if (rule === undefined) throw new RouteWithoutRuleError(route)
  return rule
}
