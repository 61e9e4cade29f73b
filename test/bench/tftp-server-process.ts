/**
 * `tftp-server-process.ts ADDRESS DIRECTORY [MTU]`: serves the files of a folder over TFTP as the daemon
 * does, and says for each line of standard input how its event loop fared since the last.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { basename, join } from 'node:path'
import { createInterface } from 'node:readline'

import { parseIpv4Address } from '../../src/base/ipv4-address.ts'
import { openDiskBootFile } from '../../src/daemon/servers/boot-files/disk-boot-file.ts'
import { startTftpServer } from '../../src/daemon/servers/tftp/tftp-server.ts'
import { realClock } from '../fakes/real-clock.ts'
import { createSilentLogger } from '../fakes/silent-logger.ts'

/** What a line of standard input is answered with. */
export interface TftpServerHealth {
  readonly loopDelayP99Ms: number
  readonly residentMiB: number
  readonly processorSeconds: number
}

const [address = '', directory = '', mtuBytes = '1500'] = process.argv.slice(2)
const server = await startTftpServer({
  address: parseIpv4Address(address),
  routes: [
    ({ path }) =>
      openDiskBootFile(join(directory, basename(path)), {
        contentType: 'application/octet-stream',
      }),
  ],
  mtuBytes: Number(mtuBytes),
  // All clients of the bench come from one address.
  limits: { transfersPerClient: 250 },
  clock: realClock,
  logger: createSilentLogger(),
  events: { record: () => undefined },
})
const delay = monitorEventLoopDelay({ resolution: 5 })
delay.enable()
process.once('SIGTERM', () => {
  void server[Symbol.asyncDispose]().then(() => process.exit(0))
})
console.log(JSON.stringify({ ready: server.endpoint }))
createInterface({ input: process.stdin }).on('line', () => {
  const { user, system } = process.cpuUsage()
  const health: TftpServerHealth = {
    // The timer's own 5 ms are part of each of its samples.
    loopDelayP99Ms: Math.max(0, delay.percentile(99) / 1e6 - 5),
    residentMiB: process.memoryUsage.rss() / 1_048_576,
    processorSeconds: (user + system) / 1e6,
  }
  console.log(JSON.stringify(health))
  delay.reset()
})
