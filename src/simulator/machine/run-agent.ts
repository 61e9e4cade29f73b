import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { openAgentKey } from '../../agent/agent-key.ts'
import type { DiskMedium } from '../../agent/block-writer/disk-medium.ts'
import { readBootParameters } from '../../agent/linux/boot-parameters.ts'
import { KernelFiles } from '../../agent/linux/kernel-files.ts'
import { startAgent } from '../../agent/start-agent.ts'
import { StatusPage } from '../../agent/status-page.ts'
import type { Ipv4Address } from '../../base/ipv4-address.ts'
import { NetworkBootError } from '../errors.ts'
import type { LoaderEnd } from '../loader/run-ipxe-script.ts'
import { fileInInitramfs } from '../loader/file-in-initramfs.ts'
import { faultyDisk } from './faulty-disk.ts'
import type { MachinePlan } from './machine-plan.ts'
import { SledgehammerBoot, type SledgehammerEnd } from './sledgehammer-boot.ts'

export interface AgentRunOptions {
  readonly plan: MachinePlan
  /** A fault that strikes once has struck already. */
  readonly fault: MachinePlan['fault']
  readonly kernel: Extract<LoaderEnd, { kind: 'kernel' }>
  readonly address: Ipv4Address
  readonly say: (line: string) => void
  readonly signal: AbortSignal
}

const agentVersion = '0.1.0'
const in2001Ms = Date.UTC(2001, 0, 1)

/**
 * Sledgehammer on a simulated machine: the agent that ships, in this process, with the machine's own
 * /proc, /sys and disk. Ends when it reboots, loses its power, or the signal aborts.
 */
export async function runAgent(options: AgentRunOptions): Promise<SledgehammerEnd> {
  const { plan, fault, kernel, address, say } = options
  const { daemonUrl, token, bootMac } = readBootParameters(kernel.commandLine)
  using boot = new SledgehammerBoot(options.signal)
  const skewMs = fault === 'wrong-time' ? in2001Ms - Date.now() : 0
  const clock = { nowMs: () => Date.now() + skewMs, monotonicMs: () => performance.now() }
  const power = {
    signal: boot.signal,
    cut: () => boot.end('power-cut'),
    restart: () => boot.endAs('rebooted'),
  }
  const world = {
    ...{ daemonUrl, clock, agentVersion, localAddress: address },
    files: new KernelFiles(plan.directory),
    machineFacts: { machine: 'x86_64', bootMac, addressesOf: () => [address] },
    key: freshKey(plan.directory),
    authority: fileInInitramfs(kernel.initramfs, 'etc/repave/authority.pem'),
    trustedKeysPath: keepKeys(plan.directory, kernel.initramfs),
    coreCount: 1,
    allowRegularFile: true,
    throughDisk: (disk: DiskMedium) => faultyDisk(disk, fault, power),
    // Like the real ones they never resolve: nothing of this boot goes on.
    reboot: () => boot.endAs('rebooted'),
    poweroff: () => boot.endAs('powered-off'),
  }
  const page = new StatusPage([{ kind: 'line', write: (text) => say(text.trimEnd()) }], clock, {
    agentVersion,
    doing: 'waiting for the daemon',
  })
  using _agent = startAgent({ world, token, page, uptimeMs: () => boot.uptimeMs })
  return await boot.ended
}

/** It lies in memory on a real machine: gone with the boot before. */
function freshKey(directory: string) {
  const path = join(directory, 'run', 'agent-key.pem')
  rmSync(path, { force: true })
  return openAgentKey(path)
}

function keepKeys(directory: string, initramfs: Buffer): string {
  const keys = fileInInitramfs(initramfs, 'etc/repave/trusted-keys.json')
  if (keys === undefined) throw new NetworkBootError('the initramfs holds no keys')
  const path = join(directory, 'run', 'trusted-keys.json')
  writeFileSync(path, keys)
  return path
}
