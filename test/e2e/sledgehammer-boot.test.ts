// Boots what the builder makes, with the kernel and initramfs handed over by QEMU:
//
//   own network namespace, no uplink
//   ┌──────────────────────────────────────────────┐
//   │ qemu: virtio disk with RAID superblock       │
//   │   virtio-net  52:54:00:00:00:01 ── user net  │   answers DHCP too, and must stay unused
//   │   e1000       52:54:00:00:00:02 ── user net  │   the one in repave.mac
//   └──────────────────────────────────────────────┘
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MEBIBYTE } from '../../src/base/byte-size.ts'
import { ensureDebianCommands } from '../../src/debian/ensure-debian-commands.ts'
import { buildSledgehammer } from '../../src/sledgehammer/build-sledgehammer.ts'

const bootMac = '52:54:00:00:00:02'
const probe = fileURLToPath(new URL('../fakes/boot-probe-agent.ts', import.meta.url))

let directory: string
let console: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'repave-boot-'))
  const log = (): void => {}
  await ensureDebianCommands({ 'qemu-system-x86_64': 'qemu-system-x86' }, { log })
  await buildSledgehammer({
    outputDirectory: directory,
    cacheDirectory: join(homedir(), '.cache/repave/sledgehammer'),
    agentEntryPoint: probe,
    log,
  })
  await writeRaidMember(join(directory, 'disk.img'))
  console = await boot()
})
afterAll(() => rm(directory, { recursive: true }))

/** A disk that claims to be half of a mirror (md(4), version 1.2 at 4 KiB): bait for auto-assembly. */
async function writeRaidMember(path: string): Promise<void> {
  const disk = Buffer.alloc(16 * MEBIBYTE)
  disk.writeUInt32LE(0xa92b4efc, 4096)
  disk.writeUInt32LE(1, 4100)
  await writeFile(path, disk)
}

/** Everything the machine wrote to its serial console until the probe was done. */
async function boot(): Promise<string> {
  const card = (model: string, id: string, mac: string): string[] => [
    ...['-netdev', `user,id=${id},restrict=on`],
    ...['-device', `${model},netdev=${id},mac=${mac},romfile=`],
  ]
  const qemu = spawn('unshare', [
    ...['--net', '--map-root-user', 'qemu-system-x86_64', '-accel', 'tcg', '-cpu', 'max'],
    ...['-m', '640', '-nodefaults', '-nographic', '-serial', 'stdio', '-no-reboot'],
    ...['-kernel', join(directory, 'vmlinuz'), '-initrd', join(directory, 'initramfs.zst')],
    ...['-append', `console=ttyS0 quiet panic=5 repave.mac=${bootMac}`],
    ...['-drive', `if=virtio,format=raw,file=${join(directory, 'disk.img')}`],
    ...card('virtio-net-pci', 'other', '52:54:00:00:00:01'),
    ...card('e1000', 'boot', bootMac),
  ])
  const limit = setTimeout(() => qemu.kill('SIGKILL'), 300_000)
  let text = ''
  for (const stream of [qemu.stdout, qemu.stderr]) {
    stream.setEncoding('utf8').on('data', (piece: string) => {
      text += piece
      if (text.includes('probe: done')) qemu.kill('SIGKILL')
    })
  }
  await once(qemu, 'close')
  clearTimeout(limit)
  return text.replaceAll('\r', '')
}

describe('sledgehammer', () => {
  it('starts the agent, and starts it again when it ends', () => {
    expect(console).toMatch(/probe: started [\d.]+ s after the kernel/)
    expect(console).toContain('sledgehammer: the agent ended with status 3; starting it again')
    expect(console).toContain('probe: done')
  })

  it('brings up the interface that repave.mac names, and no other', () => {
    expect(console).toContain(`probe: booted from ${bootMac}`)
    const addresses = console.match(/(?<=probe: address ).*/g) ?? []
    expect(addresses).toEqual([
      expect.stringMatching(new RegExp(`^eth\\d ${bootMac} 10\\.0\\.2\\.`)),
    ])
  })

  it('finds the disk, and neither assembles nor mounts anything from it (B16)', () => {
    expect(console).toContain('probe: disks vda\n')
    const mounts = /probe: mounts (.*)/.exec(console)?.[1]?.split(' ') ?? []
    const inMemory = ['rootfs', 'proc', 'sysfs', 'devtmpfs', 'devpts', 'tmpfs', 'efivarfs']
    expect(mounts.filter((type) => !inMemory.includes(type))).toEqual([])
    expect(mounts.length).toBeGreaterThan(4)
  })
})
