/** `store-writer-process.ts PATH`: writes leases for ever and prints the number of each that is on disk. */
import { writeSync } from 'node:fs'

import { parseIpv4Address } from '../../src/base/ipv4-address.ts'
import { parseMacAddress } from '../../src/base/mac-address.ts'
import { openStore } from '../../src/daemon/store/sqlite/open-store.ts'
import { createSilentLogger } from './silent-logger.ts'

const stdout = 1
const [path = ''] = process.argv.slice(2)
const store = await openStore(path, { logger: createSilentLogger() })
const macAddress = parseMacAddress('52:54:00:00:00:01')
const known = await store.leases.readLeases()
let number = Math.max(0, ...known.map(({ expiresAtMs }) => expiresAtMs))

async function write(expiresAtMs: number): Promise<void> {
  const address = parseIpv4Address(`10.0.${(expiresAtMs >> 8) & 255}.${expiresAtMs & 255}`)
  const event = { timeMs: 1, type: 'dhcp', action: 'ack', key: address, principal: 'daemon' }
  await Promise.all([
    store.leases.writeLease({ address, macAddress, expiresAtMs, state: 'bound' }),
    store.state.commit({ events: [{ ...event, body: { expiresAtMs } }] }),
  ])
  writeSync(stdout, `${expiresAtMs}\n`)
}

for (;;) {
  await Promise.all(Array.from({ length: 8 }, () => write(++number)))
}
