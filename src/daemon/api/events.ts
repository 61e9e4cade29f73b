import type { FastifyInstance } from 'fastify'

import { type RepaveEvent, topicMatches } from '../../contract/event.ts'
import type { Machine } from '../../contract/machine.ts'
import { MachineSight } from '../domain/access/machine-sight.ts'
import { isAboutMachine } from '../domain/event/about-machine.ts'
import type { EventLog } from '../domain/event/event-log.ts'
import type { OperatorServices } from './operator-services.ts'
import { checkedInput } from './requests/checked-input.ts'
import { callerOf } from './requests/principal.ts'
import { touchableMachine } from './requests/touchable-machine.ts'
import { eventQuerySchema } from './routes/site-rules.ts'

/** Events that one request looks through at most, where only some of them are wanted. */
const searchedEvents = 20_000
const searchedAtOnce = 1000

/** `/events`: the record of what happened, from a cursor on; all of it, of one machine, or of a topic. */
export function eventRoutes(app: FastifyInstance, { events, machines }: OperatorServices): void {
  app.get('/events', async (request) => {
    const { since, limit, machine, topic } = checkedInput(eventQuerySchema, request.query)
    const sight = new MachineSight(callerOf(request), await machines.listMachines())
    const about =
      machine === undefined ? undefined : await touchableMachine(request, machine, machines)
    const isWanted = (event: RepaveEvent) =>
      sight.sees(event) && isAbout(event, about) && isOfTopic(event, topic)
    const isNarrowed = about !== undefined || topic !== undefined
    const found = isNarrowed
      ? await search(events, { since, limit, isWanted })
      : await readPage(events, { since, limit, isWanted })
    return { items: found.items, seq: events.lastSeq(), next: found.next }
  })
}

function isAbout(event: RepaveEvent, machine: Machine | undefined): boolean {
  return machine === undefined || isAboutMachine(event, machine)
}

function isOfTopic(event: RepaveEvent, topic: string | undefined): boolean {
  return topic === undefined || topicMatches(topic, event)
}

interface Wanted {
  readonly since: number
  readonly limit: number
  isWanted(event: RepaveEvent): boolean
}

interface Found {
  readonly items: readonly RepaveEvent[]
  /** Where the next page begins, also for whoever sees nothing of this one. */
  readonly next: number
}

async function readPage(events: EventLog, { since, limit, isWanted }: Wanted): Promise<Found> {
  const page = await events.readSince(since, limit)
  return { items: page.filter(isWanted), next: page.at(-1)?.seq ?? since }
}

/** Looks on until `limit` are found, or so many were looked through. */
async function search(events: EventLog, { since, limit, isWanted }: Wanted): Promise<Found> {
  const items: RepaveEvent[] = []
  let next = since
  for (let searched = 0; searched < searchedEvents; searched += searchedAtOnce) {
    const page = await events.readSince(next, searchedAtOnce)
    if (page.length === 0) break
    for (const event of page) {
      next = event.seq
      if (!isWanted(event)) continue
      items.push(event)
      if (items.length === limit) return { items, next }
    }
  }
  return { items, next }
}
