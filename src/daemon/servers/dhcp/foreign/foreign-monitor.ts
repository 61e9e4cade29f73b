import { randomInt } from 'node:crypto'

import type { ForeignServer, ForeignWatch } from './foreign-watch.ts'

const pollMs = 500
/** Offers to others may pass us by on a switch; ours do not. */
const askEveryMs = 60_000

/** Tells of every DHCP server that is heard while we run, and asks for them now and then. The watch stays open. */
export function monitorServers(
  watch: ForeignWatch,
  onServer: (server: ForeignServer) => void,
): Disposable {
  const ask = () => watch.ask(randomInt(2 ** 32))
  const poll = setInterval(() => watch.heard().forEach(onServer), pollMs)
  const asking = setInterval(ask, askEveryMs)
  ask()
  return {
    [Symbol.dispose]: () => {
      clearInterval(poll)
      clearInterval(asking)
    },
  }
}
