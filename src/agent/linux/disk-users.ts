import type { KernelFiles } from './kernel-files.ts'

/**
 * What holds a disk or a partition of it: `mounted /mnt`, `swap`, `holder dm-0`. Holders cover LVM,
 * MD, multipath and bcache; what is stacked on top of those is told too, and where it is mounted.
 */
export function findDiskUsers(files: KernelFiles, diskName: string): string[] {
  const base = `/sys/block/${diskName}`
  const partitions = files.names(base).filter((entry) => files.exists(`${base}/${entry}/partition`))
  const parts = [
    { name: diskName, path: base },
    ...partitions.map((name) => ({ name, path: `${base}/${name}` })),
  ]
  const holders = findHolders(
    files,
    parts.map(({ path }) => path),
  )
  const numbers = new Map(parts.map(({ name, path }) => [files.text(`${path}/dev`), name]))
  for (const name of holders) {
    const number = files.optionalText(`/sys/block/${name}/dev`)
    if (number !== undefined) numbers.set(number, name)
  }
  return [
    ...holders.map((name) => `holder ${name}`),
    ...findMounts(files, numbers),
    ...findSwaps(files, new Set([...parts.map(({ name }) => name), ...holders])),
  ].map((user) => user.slice(0, 128))
}

/** Everything stacked upon `paths`, whatever the height: a volume on an array on a partition. */
function findHolders(files: KernelFiles, paths: readonly string[]): string[] {
  const found = new Set<string>()
  const waiting = [...paths]
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const above = files.names(`${path}/holders`).filter((name) => !found.has(name))
    for (const name of above) found.add(name)
    waiting.push(...above.map((name) => `/sys/block/${name}`))
  }
  return [...found].sort()
}

/** Lines of mountinfo: `36 35 98:0 /root /mount-point ...` (proc_pid_mountinfo(5)). */
function findMounts(files: KernelFiles, numbers: ReadonlyMap<string, string>): string[] {
  return lines(files.text('/proc/self/mountinfo')).flatMap((line) => {
    const [, , deviceNumber = '', , mountPoint = ''] = line.split(' ')
    return numbers.has(deviceNumber) ? [`mounted ${mountPoint}`] : []
  })
}

/** Lines of swaps: `/dev/vda2 partition 1048572 0 -2`, after one line of headings. */
function findSwaps(files: KernelFiles, names: ReadonlySet<string>): string[] {
  return lines(files.optionalText('/proc/swaps') ?? '')
    .slice(1)
    .map((line) => line.split(/\s+/)[0] ?? '')
    .filter((path) => names.has(path.replace(/^\/dev\//, '')))
    .map((path) => `swap ${path}`)
}

function lines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '')
}
