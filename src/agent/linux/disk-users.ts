import type { KernelFiles } from './kernel-files.ts'

/**
 * What holds a disk or a partition of it: `mounted /mnt`, `swap`, `holder dm-0`. Holders cover LVM,
 * MD, multipath and bcache, whatever is stacked on top.
 */
export function findDiskUsers(files: KernelFiles, diskName: string): string[] {
  const base = `/sys/block/${diskName}`
  const partitions = files.names(base).filter((entry) => files.exists(`${base}/${entry}/partition`))
  const parts = [
    { name: diskName, path: base },
    ...partitions.map((name) => ({ name, path: `${base}/${name}` })),
  ]
  const numbers = new Map(parts.map(({ name, path }) => [files.text(`${path}/dev`), name]))
  return [
    ...parts.flatMap(({ path }) => files.names(`${path}/holders`)).map((name) => `holder ${name}`),
    ...findMounts(files, numbers),
    ...findSwaps(files, new Set(parts.map(({ name }) => name))),
  ].map((user) => user.slice(0, 128))
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
