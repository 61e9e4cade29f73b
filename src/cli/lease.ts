import type { Command } from 'commander'

import { type LeaseFacts, leaseListSchema } from '../contract/network-documents.ts'
import { askDaemon, noContent } from '../operator-client/daemon-request.ts'
import { durationText } from '../presentation/duration-text.ts'
import { writeLines } from './cli-world.ts'
import {
  addChange,
  type CommandLine,
  type CommonOptions,
  connectionOf,
  runs,
} from './command-line.ts'
import { confirmByName, isAgreed } from './confirm.ts'
import { addListVerb } from './list-verb.ts'

/** `repave lease list|release`. */
export function leaseCommands(line: CommandLine, program: Command): void {
  const lease = program.command('lease').description('who has which address: list, release')
  addListVerb<LeaseFacts>(line, lease, {
    summary: 'every address that somebody has, was offered or that is in quarantine',
    examples: ['lease list', 'lease list --output json'],
    topics: ['dhcp.*.*'],
    read: async (connection) => {
      const { items } = await askDaemon(connection, { path: '/leases' }, leaseListSchema)
      const nowMs = Date.now()
      return {
        kind: 'LeaseList',
        items,
        nameOf: (item) => item.address,
        columns: [
          ['ADDRESS', (item) => item.address],
          ['MAC ADDRESS', (item) => item.macAddress],
          ['STATE', (item) => item.state],
          ['SUBNET', (item) => item.subnet],
          ['ENDS IN', (item) => durationText(Math.max(0, item.expiresAtMs - nowMs))],
        ],
      }
    },
  })
  addReleaseCommand(line, lease)
  lease.addHelpText('after', '\nExamples:\n  repave lease list\n  repave lease release 10.77.0.130')
}

function addReleaseCommand(line: CommandLine, parent: Command): void {
  addChange(line, parent, {
    words: 'release <address>',
    summary: 'end a lease, an offer or a quarantine at once; the machine is not told',
    examples: ['lease release 10.77.0.130', 'lease release 10.77.0.130 --yes'],
  })
    .option('--yes', 'do not ask', false)
    .action(
      runs(line, async (address: string, options: CommonOptions & { yes: boolean }) => {
        if (!isAgreed(options)) {
          await confirmByName(line.world, address, 'Another machine may get this address at once')
        }
        const path = `/leases/${encodeURIComponent(address)}`
        await askDaemon(connectionOf(line, options), { method: 'DELETE', path }, noContent)
        writeLines(line.world.stderr, [`${address} is free`])
        return 0
      }),
    )
}
