import { closeSync, ftruncateSync, mkdirSync, openSync, symlinkSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import type { MachinePlan } from './machine-plan.ts'

const diskName = 'vda'
const memoryKibibytes = 4 * 1024 * 1024

/** The file that stands for the machine's disk. */
export function diskFileOf({ directory }: Pick<MachinePlan, 'directory'>): string {
  return join(directory, 'dev', diskName)
}

/**
 * Makes the machine anew in its folder: its /proc and /sys, as far as the agent reads them, and an empty
 * disk that takes no room yet.
 */
export async function manufactureMachine(plan: MachinePlan): Promise<void> {
  await rm(plan.directory, { recursive: true, force: true })
  const facts = { ...systemFacts(plan), ...networkFacts(plan) }
  for (const [path, text] of Object.entries(facts)) writeText(join(plan.directory, path), text)
  if (plan.firmware === 'uefi')
    mkdirSync(join(plan.directory, 'sys/firmware/efi'), { recursive: true })
  mkdirSync(join(plan.directory, 'sys/block'), { recursive: true })
  if (plan.fault !== 'no-disk') addDisk(plan)
}

function addDisk(plan: MachinePlan): void {
  const device = `sys/devices/pci0000:00/0000:00:04.0/virtio2/block/${diskName}`
  const facts = {
    size: String(plan.diskBytes / 512),
    removable: '0',
    ro: '0',
    dev: '254:0',
    serial: plan.diskSerial,
    'queue/logical_block_size': '512',
    'queue/physical_block_size': '4096',
    'queue/rotational': '0',
  }
  for (const [name, text] of Object.entries(facts)) {
    writeText(join(plan.directory, device, name), text)
  }
  symlinkSync(`../../${device}`, join(plan.directory, 'sys/block', diskName))
  const path = diskFileOf(plan)
  mkdirSync(dirname(path), { recursive: true })
  const file = openSync(path, 'w')
  ftruncateSync(file, plan.diskBytes)
  closeSync(file)
}

function systemFacts({ serialNumber, systemUuid }: MachinePlan): Record<string, string> {
  return {
    'proc/cpuinfo': 'processor\t: 0\nmodel name\t: Simulated CPU\n',
    'proc/meminfo': `MemTotal:       ${memoryKibibytes} kB\n`,
    'proc/self/mountinfo': '',
    'proc/swaps': 'Filename\tType\tSize\tUsed\tPriority\n',
    'proc/sys/kernel/osrelease': 'simulated',
    'sys/class/dmi/id/sys_vendor': 'Repave',
    'sys/class/dmi/id/product_name': 'Simulated machine',
    'sys/class/dmi/id/product_serial': serialNumber,
    'sys/class/dmi/id/product_uuid': systemUuid,
  }
}

/** One card of Ethernet, with a device behind it. */
function networkFacts({ macAddress }: MachinePlan): Record<string, string> {
  const card = 'sys/class/net/eth0'
  return {
    [`${card}/type`]: '1',
    [`${card}/address`]: macAddress,
    [`${card}/carrier`]: '1',
    [`${card}/speed`]: '10000',
    [`${card}/device/vendor`]: '0x1af4',
  }
}

function writeText(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `${text}\n`)
}
