import { chmod, lstat, lutimes, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { lstatOrNothing, pathInRoot } from './path-in-root.ts'

/** What a package brought keeps its date; what this build wrote gets the same one on any day. */
export function clampTimes(directory: string, latestSeconds: number): Promise<void> {
  return clampTimesBelow(Buffer.from(directory), latestSeconds)
}

/** Names are bytes, in no encoding that can be counted on. */
async function clampTimesBelow(directory: Buffer, latestSeconds: number): Promise<void> {
  for (const entry of await readdir(directory, { withFileTypes: true, encoding: 'buffer' })) {
    const path = Buffer.concat([directory, Buffer.from('/'), entry.name])
    if (entry.isDirectory()) await clampTimesBelow(path, latestSeconds)
    else await clampTime(path, latestSeconds)
  }
  await clampTime(directory, latestSeconds)
}

async function clampTime(path: Buffer, latestSeconds: number): Promise<void> {
  const { mtimeMs } = await lstat(path)
  if (mtimeMs > latestSeconds * 1000) await lutimes(path, latestSeconds, latestSeconds)
}

const secondsPerDay = 86_400

/** The day of each password's last change (shadow(5)) is the day of the build where packages make users. */
export async function evenPasswordDays(root: string, latestSeconds: number): Promise<void> {
  const file = await pathInRoot(root, '/etc/shadow')
  if ((await lstatOrNothing(file))?.isFile() !== true) return
  const latestDay = Math.floor(latestSeconds / secondsPerDay)
  const lines = (await readFile(file, 'latin1')).split('\n').map((line) => {
    const fields = line.split(':')
    if (Number(fields[2] ?? '') > latestDay) fields[2] = String(latestDay)
    return fields.join(':')
  })
  const { mode } = await stat(file)
  await writeFile(file, lines.join('\n'), 'latin1')
  await chmod(file, mode)
}

/**
 * Seconds since 1970 of the newest file that a package brought as it is: packages carry the time they
 * were made, so equal packages give an equal answer.
 *
 * @param beforeMs what is younger was written by this build
 */
export async function newestPackagedTime(root: string, beforeMs: number): Promise<number> {
  const info = await pathInRoot(root, '/var/lib/dpkg/info/.')
  const lists = (await readdir(info)).filter((name) => name.endsWith('.md5sums'))
  let newestMs = 0
  for (const list of lists) {
    const lines = (await readFile(join(info, list), 'utf8')).split('\n')
    const times = await Promise.all(
      lines.map(async (line) => {
        const path = /^[0-9a-f]{32} {2}(.+)$/.exec(line)?.[1]
        if (path === undefined) return 0
        const found = await lstatOrNothing(join(root, path))
        return found === undefined || found.mtimeMs >= beforeMs ? 0 : found.mtimeMs
      }),
    )
    newestMs = Math.max(newestMs, ...times)
  }
  return Math.floor(newestMs / 1000)
}
