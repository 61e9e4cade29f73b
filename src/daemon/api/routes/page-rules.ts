import { z } from 'zod'

import type { RouteRules } from './route-rule.ts'

const page = { answerType: 'text/html', takesCookie: true } as const

/** The web page of the same listener: to look at, never to change anything. */
export const pageRules: RouteRules = {
  'GET /': { ...page, role: 'viewer', about: 'machines', summary: 'Page: every machine' },
  'GET /machines/:reference': {
    ...{ ...page, role: 'viewer', about: 'machine', summary: 'Page: one machine' },
  },
  'GET /images': { ...page, role: 'viewer', about: 'site', summary: 'Page: every image' },
  'GET /events': { ...page, role: 'viewer', about: 'machines', summary: 'Page: what happened' },
  'GET /live-ticket': {
    ...{ role: 'viewer', about: 'machines', summary: 'Opens the websocket of a page, once' },
    ...{ takesCookie: true, answer: z.object({ ticket: z.string() }) },
  },
  'GET /assets/:file': {
    ...{ role: 'anyone', about: 'site', summary: 'Style and script of the pages' },
    ...{ answerType: 'text/css' },
  },
  'GET /login/:word': {
    ...{ role: 'anyone', about: 'site', summary: 'A link for a browser, good once', status: 303 },
  },
}
