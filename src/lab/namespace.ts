import { setTimeout as sleep } from 'node:timers/promises'

import type { LabPlan } from './lab-plan.ts'
import { ipCommand } from './ip-command.ts'

/**
 * The lab's own network: a namespace with a bridge and one tap a machine, and no uplink, so that no
 * packet of it can reach a real network.
 */
export async function createNamespace(plan: LabPlan): Promise<void> {
  await ipCommand('netns', 'add', plan.namespace)
  const ip = async (...args: string[]) => ipCommand('-n', plan.namespace, ...args)
  await ip('link', 'set', 'lo', 'up')
  await ip('link', 'add', plan.bridge, 'type', 'bridge')
  await ip('addr', 'add', `${plan.daemonAddress}/${plan.prefixLength}`, 'dev', plan.bridge)
  await ip('link', 'set', plan.bridge, 'up')
  for (const machine of plan.machines) {
    await ip('tuntap', 'add', 'dev', machine.tap, 'mode', 'tap')
    await ip('link', 'set', machine.tap, 'master', plan.bridge)
    await ip('link', 'set', machine.tap, 'up')
  }
}

export async function namespaceExists(plan: LabPlan): Promise<boolean> {
  const names = await ipCommand('netns', 'list')
  return names.split('\n').some((line) => line.split(' ')[0] === plan.namespace)
}

/** Everything that runs in the namespace is the lab's: the daemon, the machines, their children. */
export async function namespaceProcesses(plan: LabPlan): Promise<number[]> {
  const pids = await ipCommand('netns', 'pids', plan.namespace)
  return pids.split('\n').filter(Boolean).map(Number)
}

/**
 * Ends every process of the lab (asked first, killed after `graceMs`) and removes its network.
 * Does nothing where there is no such namespace.
 */
export async function removeNamespace(plan: LabPlan, graceMs: number): Promise<void> {
  if (!(await namespaceExists(plan))) return
  const deadline = performance.now() + graceMs
  let signal: NodeJS.Signals = 'SIGTERM'
  let asked = new Set<number>()
  for (;;) {
    const pids = await namespaceProcesses(plan)
    if (pids.length === 0) break
    if (signal === 'SIGTERM' && performance.now() > deadline) {
      signal = 'SIGKILL'
      asked = new Set()
    }
    for (const pid of pids) {
      if (!asked.has(pid)) sendSignal(pid, signal)
      asked.add(pid)
    }
    await sleep(100)
  }
  await ipCommand('netns', 'delete', plan.namespace)
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It has ended between the listing and the signal, which is what was wanted.
  }
}
