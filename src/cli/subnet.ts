import type { Command } from 'commander'

import {
  type ServedSubnetFacts,
  type SubnetList,
  subnetListSchema,
} from '../contract/network-documents.ts'
import { askDaemon, type DaemonConnection } from '../operator-client/daemon-request.ts'
import { durationText } from '../presentation/duration-text.ts'
import { nearestNames } from '../presentation/nearest-names.ts'
import { shownText } from '../presentation/shown-text.ts'
import { factLines } from '../presentation/table-text.ts'
import {
  addCommand,
  type CommandLine,
  type CommonOptions,
  connectionOf,
  runs,
} from './command-line.ts'
import { ReferenceUnresolvedError } from './errors.ts'
import { addListVerb } from './list-verb.ts'
import { printThing } from './output.ts'

/** `repave subnet list|show`. */
export function subnetCommands(line: CommandLine, program: Command): void {
  const subnet = program.command('subnet').description('networks with addresses: list, show')
  addListVerb<ServedSubnetFacts>(line, subnet, {
    summary: 'every network that addresses are given in, and how many are left',
    examples: ['subnet list', 'subnet list --output jsonl'],
    topics: ['dhcp.*.*'],
    read: async (connection) => ({
      kind: 'SubnetList',
      items: (await readSubnets(connection)).items,
      nameOf: (item) => item.name,
      columns: [
        ['NAME', (item) => item.name],
        ['NETWORK', (item) => item.network],
        ['INTERFACE', (item) => item.interface ?? '-'],
        ['LEASED', (item) => String(item.usage.bound)],
        ['LEFT', (item) => String(item.usage.available)],
        ['RESERVED', (item) => String(item.reservations)],
      ],
    }),
  })
  addShowCommand(line, subnet)
  subnet.addHelpText('after', '\nExamples:\n  repave subnet list\n  repave subnet show rack-1')
}

export function readSubnets(connection: DaemonConnection): Promise<SubnetList> {
  return askDaemon(connection, { path: '/subnets' }, subnetListSchema)
}

function addShowCommand(line: CommandLine, parent: Command): void {
  addCommand(line, parent, {
    words: 'show <name>',
    summary: 'one network: pools, lease times, reservations, use',
    examples: ['subnet show rack-1', 'subnet show rack-1 --output json'],
  }).action(
    runs(line, async (name: string, options: CommonOptions) => {
      const { items } = await readSubnets(connectionOf(line, options))
      const found = items.find((item) => item.name === name)
      if (found === undefined) {
        const names = nearestNames(
          name,
          items.map((item) => item.name),
        )
        throw new ReferenceUnresolvedError(`no subnet is called ${shownText(name)}`, {
          remedy: names.length === 0 ? 'repave subnet list' : `did you mean ${names.join(' or ')}?`,
        })
      }
      const lines = subnetLines(found)
      await printThing(line.world, options.output, { kind: 'Subnet', value: found, name, lines })
      return 0
    }),
  )
}

function subnetLines(subnet: ServedSubnetFacts): string[] {
  const { usage } = subnet
  const listed = (texts: readonly string[]) => (texts.length === 0 ? 'none' : texts.join(', '))
  const seconds = (count: number) => durationText(count * 1000)
  return factLines([
    ['name', subnet.name],
    ['network', subnet.network],
    ['interface', subnet.interface ?? '-'],
    ['relays', listed(subnet.relays)],
    ['pools', listed(subnet.pools)],
    ['lease', `${seconds(subnet.leaseSeconds)}, reserved ${seconds(subnet.reservedLeaseSeconds)}`],
    ['reservations', String(subnet.reservations)],
    ['profiles', listed(subnet.profiles)],
    ['leased', `${usage.bound}, and ${usage.offered} offered`],
    ['quarantine', String(usage.declined)],
    ['left', String(usage.available)],
  ])
}
