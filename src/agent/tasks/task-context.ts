import type { Clock } from '../../base/clock.ts'
import type { TaskResult } from '../../contract/agent-frames.ts'
import type { WriteProgress } from '../../contract/run.ts'
import type { AgentKey } from '../agent-key.ts'
import type { DiskMedium } from '../block-writer/disk-medium.ts'
import type { DaemonAddress } from '../daemon-trust.ts'
import type { KernelFiles } from '../linux/kernel-files.ts'
import type { MachineFacts } from '../linux/inventory.ts'

/** The world as tasks see it: the same for every task of this boot. */
export interface AgentWorld extends DaemonAddress {
  readonly files: KernelFiles
  readonly machineFacts: MachineFacts
  readonly key: AgentKey
  readonly clock: Clock
  readonly agentVersion: string
  readonly trustedKeysPath: string
  /** Processor cores the writer may keep busy. */
  readonly coreCount: number
  /** Lets regular files stand for disks. Default false. */
  readonly allowRegularFile?: boolean
  /** What stands between the writer and an open disk: the faults of simulated machines. Default nothing. */
  readonly throughDisk?: (disk: DiskMedium) => DiskMedium
  /** Which of the machine's own addresses the daemon is spoken to from. Default: as the kernel chooses. */
  readonly localAddress?: string
  /** Ends this boot; never resolves where it works. */
  readonly reboot: () => Promise<void>
  /** Switches the machine off; never resolves where it works. */
  readonly poweroff: () => Promise<void>
}

/** One attempt at one task. */
export interface TaskContext {
  readonly machineId: string
  readonly runId: string
  readonly attemptId: string
  readonly signal: AbortSignal
  readonly log: (line: string) => void
  readonly report: (progress: WriteProgress) => void
}

export interface TaskOutcome {
  readonly facts: TaskResult['facts']
  /** Done only when the daemon has acknowledged the result. */
  readonly afterAcknowledged?: () => Promise<void>
}
