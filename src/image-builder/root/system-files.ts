import type { ImageRecipe, RootKind } from '../../contract/image-recipe.ts'
import { lstatOrNothing, linkInRoot, pathInRoot, writeInRoot } from './path-in-root.ts'

export interface SystemFacts {
  readonly root: RootKind
  readonly rootPartitionGuid: string
  readonly statePartitionGuid: string
}

const fileSystemTables: Readonly<Record<RootKind, (facts: SystemFacts) => string[]>> = {
  disk: ({ rootPartitionGuid }) => [
    `PARTUUID=${rootPartitionGuid} / ext4 defaults,errors=remount-ro,x-systemd.growfs 0 1`,
  ],
  verity: ({ statePartitionGuid }) => [
    `PARTUUID=${statePartitionGuid} /state ext4 defaults,x-systemd.growfs 0 0`,
    'tmpfs /tmp tmpfs mode=1777,nosuid,nodev 0 0',
  ],
  memory: () => ['# The root lies in RAM.'],
}

/** fstab(5) of a root: what the initramfs has mounted is named only where something must still happen to it. */
export function fileSystemTable(facts: SystemFacts): string {
  return `${fileSystemTables[facts.root](facts).join('\n')}\n`
}

/** What every system has, whatever it was made from, and nothing of the machine that built it. */
export async function writeSystemFiles(rootDirectory: string, facts: SystemFacts): Promise<void> {
  const hosts = '127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n'
  await writeInRoot(rootDirectory, '/etc/fstab', fileSystemTable(facts))
  await writeInRoot(rootDirectory, '/etc/hostname', 'localhost\n')
  await writeInRoot(rootDirectory, '/etc/hosts', hosts)
  // Empty, not absent: systemd makes an identity at boot, without the rites of a first boot.
  await writeInRoot(rootDirectory, '/etc/machine-id', '')
  if (await holds(rootDirectory, '/usr/lib/systemd/systemd-resolved')) {
    const target = '../run/systemd/resolve/stub-resolv.conf'
    await linkInRoot(rootDirectory, '/etc/resolv.conf', target)
  } else {
    await writeInRoot(rootDirectory, '/etc/resolv.conf', '')
  }
}

/** Root's keys, and a server that starts without asking whether anybody may log in. */
export async function openSsh(rootDirectory: string, ssh: ImageRecipe['ssh']): Promise<void> {
  if (!ssh.enabled) return
  const always = '# The recipe says so.\n[Service]\nExecCondition=\n'
  const dropIn = '/etc/systemd/system/ssh.service.d/open.conf'
  await writeInRoot(rootDirectory, dropIn, always)
  if (ssh.authorizedKeys.length === 0) return
  const keys = ssh.authorizedKeys.map((key) => `${key}\n`).join('')
  await writeInRoot(rootDirectory, '/root/.ssh/authorized_keys', keys, 0o600)
}

export async function holds(rootDirectory: string, path: string): Promise<boolean> {
  return (await lstatOrNothing(await pathInRoot(rootDirectory, path))) !== undefined
}
