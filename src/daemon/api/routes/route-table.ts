import { CodedError } from '../../../base/coded-error.ts'
import { contentRules } from './content-rules.ts'
import { imageRules } from './image-rules.ts'
import { machineRules } from './machine-rules.ts'
import { networkRules } from './network-rules.ts'
import { pageRules } from './page-rules.ts'
import type { RouteRule, RouteRules } from './route-rule.ts'
import { ruleRules } from './rule-rules.ts'
import { runRules } from './run-rules.ts'
import { siteRules } from './site-rules.ts'

/** What programs ask for: the routes that the OpenAPI document tells of. */
export const apiRules: RouteRules = {
  ...siteRules,
  ...machineRules,
  ...ruleRules,
  ...runRules,
  ...imageRules,
  ...networkRules,
  ...contentRules,
}

/**
 * Who may do what: every route of the operators' interface. A route that is not here does not start
 * (../access-guard.ts).
 */
export const routeTable: RouteRules = { ...apiRules, ...pageRules }

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
