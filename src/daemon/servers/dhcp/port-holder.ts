import { readdir, readFile, readlink } from 'node:fs/promises'
import { basename } from 'node:path'

import { inertText } from '../../../base/ascii.ts'

/** A process that has a socket on the port. */
export interface PortHolder {
  readonly processId: number
  /** Of its program, made harmless to print. */
  readonly name: string
}

/**
 * Who listens on a UDP port, from /proc/net/udp and the open files of every process that we may look
 * into. Empty when nobody does or when we may not look.
 */
export async function findPortHolders(port: number): Promise<PortHolder[]> {
  const inodes = socketInodes(await readFile('/proc/net/udp', 'utf8').catch(() => ''), port)
  if (inodes.size === 0) return []
  const entries = await readdir('/proc').catch(() => [])
  const processIds = entries.filter((entry) => /^\d+$/.test(entry)).map(Number)
  const found = await Promise.all(processIds.map((id) => holderOf(id, inodes)))
  return found.filter((holder) => holder !== undefined)
}

/** Inodes of the sockets on the port, of proc(5)'s `/proc/net/udp`. */
export function socketInodes(table: string, port: number): ReadonlySet<string> {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  const rows = table.split('\n').map((line) => line.trim().split(/\s+/))
  const mine = rows.filter(([, localAddress]) => localAddress?.endsWith(suffix) ?? false)
  return new Set(mine.map((columns) => columns[9] ?? ''))
}

async function holderOf(
  processId: number,
  inodes: ReadonlySet<string>,
): Promise<PortHolder | undefined> {
  const folder = `/proc/${processId}`
  const files = await readdir(`${folder}/fd`).catch(() => [])
  const links = await Promise.all(
    files.map((file) => readlink(`${folder}/fd/${file}`).catch(() => '')),
  )
  const holds = links.some((link) => inodes.has(/^socket:\[(\d+)\]$/.exec(link)?.[1] ?? 'none'))
  if (!holds) return undefined
  const commandLine = await readFile(`${folder}/cmdline`, 'latin1').catch(() => '')
  const program = basename(commandLine.split('\0', 1)[0] ?? '')
  return { processId, name: program === '' ? 'a program' : inertText(program, 40) }
}
