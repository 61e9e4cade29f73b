import type { Status } from '../contract/status-documents.ts'
import type { SubnetList } from '../contract/network-documents.ts'

/** Something that was looked at: `fault` stands in the way of booting machines. */
export interface Finding {
  readonly level: 'well' | 'notice' | 'fault'
  readonly found: string
  readonly remedy?: string
}

/** What the counters of the DHCP server mean, when they are not zero. */
const counterFindings: Readonly<Record<string, Finding>> = {
  'dhcp.pool-full': {
    level: 'fault',
    found: 'machines asked for addresses when none was left',
    remedy: 'enlarge the pool, shorten the leases, or look who has them: repave lease list',
  },
  'dhcp.failed': {
    level: 'fault',
    found: 'leases could not be stored, so machines got no answer',
    remedy: 'look at the disk of the data directory, and at the log of the daemon',
  },
  'dhcp.send-failed': {
    level: 'notice',
    found: 'answers could not be sent',
    remedy: 'look at the interface: its carrier, its address, a firewall',
  },
  'dhcp.no-address': {
    level: 'fault',
    found: 'the interface lost the address that machines are told',
    remedy: 'give it back: ip address add …',
  },
  'dhcp.conflict': {
    level: 'notice',
    found: 'somebody uses addresses of the pool without a lease',
    remedy: 'exclude them from the pool: repave event watch shows which',
  },
  'dhcp.foreign': {
    level: 'notice',
    found: 'requests came from networks that no subnet describes',
    remedy: 'add a subnet with their relay: docs/dhcp.md',
  },
  'dhcp.malformed': { level: 'notice', found: 'packets came that are no DHCP requests' },
  'dhcp.rate-limited': {
    level: 'notice',
    found: 'clients asked more often than they are answered',
    remedy: 'a switch port that waits before it forwards (spanning tree) looks like this',
  },
}

/** A fifth of a pool is kept for known machines, so this little is none for strangers. */
const fewLeft = 0.2

/** What can be said of a daemon from outside about machines that shall boot from it. */
export function networkFindings(status: Status, networks: SubnetList): Finding[] {
  return [
    ...serverFindings(status),
    ...roleFindings(networks),
    ...poolFindings(networks),
    ...countedFindings(status),
    status.images === 0
      ? {
          level: 'notice',
          found: 'there is no image to deploy',
          remedy: 'repave image import FILE --name NAME',
        }
      : { level: 'well', found: `${status.images} images can be deployed` },
  ]
}

function serverFindings({ servers }: Status): Finding[] {
  return ['dhcp', 'tftp', 'http'].map((name) => {
    const server = servers.find((candidate) => candidate.name === name)
    if (server !== undefined) return { level: 'well', found: `${name} listens: ${server.endpoint}` }
    const remedy = 'machines find us only when their own DHCP server names us: docs/dhcp.md'
    return { level: 'notice', found: `${name} is switched off`, remedy }
  })
}

function roleFindings({ interfaces, foreignServers }: SubnetList): Finding[] {
  return interfaces.map(({ interface: name, role }) => {
    const others = foreignServers.filter((server) => server.interface === name)
    const shown = others.map(({ address }) => address).join(', ')
    if (role === 'proxy') {
      const giver = shown === '' ? 'nobody that was heard' : shown
      const found = `${name}: ${giver} gives the addresses, we add boot files for known machines`
      if (shown !== '') return { level: 'well', found }
      return {
        level: 'fault',
        found,
        remedy: 'serve the addresses too: repave serve --dhcp server',
      }
    }
    if (shown === '') return { level: 'well', found: `${name}: no other DHCP server was heard` }
    return {
      level: 'fault',
      found: `${name}: another DHCP server gives addresses as well: ${shown}`,
      remedy: 'stop it, or stand beside it: repave serve --dhcp proxy',
    }
  })
}

function poolFindings({ items }: SubnetList): Finding[] {
  return items.map(({ name, usage, pools }) => {
    const size = usage.bound + usage.offered + usage.declined + usage.available
    if (pools.length === 0) return { level: 'well', found: `${name}: reserved addresses only` }
    if (usage.available > size * fewLeft) {
      return { level: 'well', found: `${name}: ${usage.available} of ${size} addresses are left` }
    }
    return {
      level: usage.available === 0 ? 'fault' : 'notice',
      found: `${name}: only ${usage.available} of ${size} addresses are left`,
      remedy: 'the last fifth is for known machines and reservations: enlarge the pool',
    }
  })
}

function countedFindings({ servers }: Status): Finding[] {
  const counters = servers.find(({ name }) => name === 'dhcp')?.counters ?? {}
  return Object.entries(counterFindings).flatMap(([name, finding]) => {
    const count = counters[name] ?? 0
    return count === 0 ? [] : [{ ...finding, found: `${finding.found} (${count})` }]
  })
}
