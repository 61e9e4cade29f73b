import { readdir, readFile, readlink } from 'node:fs/promises'
import { basename } from 'node:path'

import { inertText } from '../../base/ascii.ts'

/** A process that listens on a port. */
export interface PortHolder {
  readonly processId: number
  /** `dnsmasq`, `node`. */
  readonly program: string
}

/** Sockets that wait for traffic, as /proc/net/{tcp,udp} number their states. */
const listeningStates = { tcp: '0A', udp: '07' } as const

/**
 * Who holds the port, on any IPv4 or IPv6 address; undefined where /proc does not say (another user's
 * process, seen without root).
 */
export async function findPortHolder(
  transport: 'tcp' | 'udp',
  port: number,
): Promise<PortHolder | undefined> {
  const tables = await Promise.all(
    [`/proc/net/${transport}`, `/proc/net/${transport}6`].map((path) => readText(path)),
  )
  const inodes = new Set(tables.flatMap((table) => listeningInodes(table, transport, port)))
  return inodes.size === 0 ? undefined : findOwner(inodes)
}

function listeningInodes(table: string, transport: 'tcp' | 'udp', port: number): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return table.split('\n').flatMap((line) => {
    const fields = line.trim().split(/\s+/)
    const matches = fields[1]?.endsWith(suffix) && fields[3] === listeningStates[transport]
    return matches && fields[9] !== undefined ? [fields[9]] : []
  })
}

async function findOwner(inodes: ReadonlySet<string>): Promise<PortHolder | undefined> {
  const wanted = new Set([...inodes].map((inode) => `socket:[${inode}]`))
  const entries = await readdir('/proc').catch(() => [])
  for (const entry of entries.filter((name) => /^\d+$/.test(name))) {
    const descriptors = await readdir(`/proc/${entry}/fd`).catch(() => [])
    for (const descriptor of descriptors) {
      const target = await readlink(`/proc/${entry}/fd/${descriptor}`).catch(() => '')
      if (!wanted.has(target)) continue
      return { processId: Number(entry), program: await programOf(entry) }
    }
  }
  return undefined
}

/** The command's own name: `comm` holds what the thread is called, which for Node says nothing. */
async function programOf(processId: string): Promise<string> {
  const [command = ''] = (await readText(`/proc/${processId}/cmdline`)).split('\0', 1)
  return inertText(basename(command), 60) || (await readText(`/proc/${processId}/comm`)).trim()
}

async function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '')
}
