import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { openAgentKey } from '../../src/agent/agent-key.ts'
import { KernelFiles } from '../../src/agent/linux/kernel-files.ts'
import type { AgentWorld, TaskContext } from '../../src/agent/tasks/task-context.ts'
import type { WriteProgress } from '../../src/contract/run.ts'

/** A real agent world on this machine's kernel, with a key and trusted keys of its own. */
export function createAgentWorld(
  daemonUrl: string,
  trustedKeys: readonly object[],
  change: Partial<AgentWorld> = {},
): AgentWorld & Disposable {
  const directory = mkdtempSync(join(tmpdir(), 'agent-'))
  const trustedKeysPath = join(directory, 'trusted-keys.json')
  writeFileSync(trustedKeysPath, JSON.stringify(trustedKeys))
  return {
    daemonUrl,
    files: new KernelFiles(),
    machineFacts: { machine: 'x86_64', bootMac: undefined, addressesOf: () => [] },
    key: openAgentKey(join(directory, 'key.pem')),
    clock: { nowMs: () => Date.now(), monotonicMs: () => performance.now() },
    agentVersion: 'test',
    trustedKeysPath,
    coreCount: 2,
    reboot: () => Promise.resolve(),
    poweroff: () => Promise.resolve(),
    ...change,
    [Symbol.dispose]: () => rmSync(directory, { recursive: true }),
  }
}

export interface RecordedContext extends TaskContext {
  readonly lines: string[]
  readonly progress: WriteProgress[]
}

/** A task context that keeps what it is told. */
export function createTaskContext(
  signal: AbortSignal = new AbortController().signal,
): RecordedContext {
  const lines: string[] = []
  const progress: WriteProgress[] = []
  return {
    machineId: '11111111-1111-4111-8111-111111111111',
    runId: '22222222-2222-4222-8222-222222222222',
    attemptId: '33333333-3333-4333-8333-333333333333',
    signal,
    lines,
    progress,
    log: (line) => lines.push(line),
    report: (step) => progress.push(step),
  }
}
