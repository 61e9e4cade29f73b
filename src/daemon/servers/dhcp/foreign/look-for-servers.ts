import { randomInt } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'

import type { ForeignServer, ForeignWatch } from './foreign-watch.ts'

/** Some servers try an address for three seconds before they offer it. */
const patienceMs = 3500
const askEveryMs = 1100
const pollMs = 25
/** Whoever answers later than the first by more than this is heard of as an event. */
const companyMs = 150

/** Every DHCP server that answers, soon after the first of them did. */
export async function lookForServers(watch: ForeignWatch): Promise<readonly ForeignServer[]> {
  const found: ForeignServer[] = []
  const transactionId = randomInt(2 ** 32)
  const startedMs = performance.now()
  let endsMs = startedMs + patienceMs
  let asksMs = startedMs
  while (performance.now() < endsMs) {
    if (performance.now() >= asksMs) {
      watch.ask(transactionId)
      asksMs += askEveryMs
    }
    await sleep(pollMs)
    for (const server of watch.heard()) {
      if (found.length === 0) endsMs = Math.min(endsMs, performance.now() + companyMs)
      if (!found.some(({ address }) => address === server.address)) found.push(server)
    }
  }
  return found
}
