import type { Command } from 'commander'

import { webLoginSchema } from '../contract/access.ts'
import { statusSchema } from '../contract/status-documents.ts'
import { askDaemon, type DaemonConnection } from '../operator-client/daemon-request.ts'
import { endpointText } from '../presentation/operator-endpoint.ts'
import {
  addCommand,
  type CommandLine,
  type CommonOptions,
  connectionOf,
  runs,
} from './command-line.ts'
import { ReferenceUnresolvedError } from './errors.ts'
import { printThing } from './output.ts'

/** `repave web`. */
export function webCommand(line: CommandLine, program: Command): void {
  addCommand(line, program, {
    words: 'web',
    summary: 'a link, good once, that lets a browser look on; a browser changes nothing',
    examples: ['web', 'web --output json'],
  }).action(
    runs(line, async (options: CommonOptions) => {
      const connection = connectionOf(line, options)
      const request = { method: 'POST', path: '/web-logins' } as const
      const { path } = await askDaemon(connection, request, webLoginSchema)
      const url = `${await browserAddress(connection)}${path}`
      await printThing(line.world, options.output, {
        kind: 'WebLogin',
        value: { url },
        name: url,
        lines: [url],
      })
      return 0
    }),
  )
}

/** Where a browser reaches the daemon: over TCP, also when we speak to its socket. */
async function browserAddress(connection: DaemonConnection): Promise<string> {
  if (connection.endpoint.kind === 'url') return endpointText(connection.endpoint)
  const { servers } = await askDaemon(connection, { path: '/status' }, statusSchema)
  const tcp = servers.find(
    ({ name, endpoint }) => name === 'operators' && endpoint.startsWith('http'),
  )
  if (tcp !== undefined) return tcp.endpoint
  throw new ReferenceUnresolvedError('the daemon serves operators on its socket only', {
    remedy: 'repave serve --operator-port 8092',
  })
}
