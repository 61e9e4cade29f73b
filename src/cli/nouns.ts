import type { Command } from 'commander'

import type { CommandLine } from './command-line.ts'

/** A word that commands begin with. */
export interface Noun {
  readonly name: string
  readonly alias?: string
  readonly summary: string
  /** Loaded only when the noun is used: the command line has to start fast. */
  load(): Promise<(line: CommandLine, program: Command) => void>
}

/** In the order in which help tells of them. */
export const nouns: readonly Noun[] = [
  {
    name: 'machine',
    alias: 'm',
    summary: 'machines: list, show, add, deploy',
    load: async () => (await import('./machine.ts')).machineCommands,
  },
  {
    name: 'rule',
    summary: 'what becomes of new machines: list, dry-run',
    load: async () => (await import('./rule.ts')).ruleCommands,
  },
  {
    name: 'run',
    summary: 'runs of workflows: list, show, watch, cancel, approve',
    load: async () => (await import('./run.ts')).runCommands,
  },
  {
    name: 'image',
    summary: 'images: list, show, history, diff, import, export, verify, rm',
    load: async () => (await import('./image.ts')).imageCommands,
  },
  {
    name: 'key',
    summary: 'keys that sign images: list, rotate',
    load: async () => (await import('./key.ts')).keyCommands,
  },
  {
    name: 'token',
    summary: 'who may use the API over TCP: list, create, revoke',
    load: async () => (await import('./token.ts')).tokenCommands,
  },
  {
    name: 'audit',
    summary: 'who changed what: list, verify',
    load: async () => (await import('./audit.ts')).auditCommands,
  },
  {
    name: 'receipt',
    summary: 'proofs of writes: show, verify',
    load: async () => (await import('./receipt.ts')).receiptCommands,
  },
  {
    name: 'event',
    summary: 'what happens: watch',
    load: async () => (await import('./event.ts')).eventCommands,
  },
  {
    name: 'wait',
    summary: 'until a machine or a run is as you say',
    load: async () => (await import('./wait.ts')).waitCommand,
  },
  {
    name: 'lease',
    summary: 'who has which address: list, release',
    load: async () => (await import('./lease.ts')).leaseCommands,
  },
  {
    name: 'subnet',
    summary: 'networks with addresses: list, show',
    load: async () => (await import('./subnet.ts')).subnetCommands,
  },
  {
    name: 'content',
    summary: 'YAML folders in force: new, list, check, plan, apply, watch, diff',
    load: async () => (await import('./content.ts')).contentCommands,
  },
  {
    name: 'workflow',
    summary: 'ordered stages that machines go through: list, show',
    load: async () => (await import('./workflow.ts')).workflowCommands,
  },
  {
    name: 'stage',
    summary: 'named steps of workflows: list, show',
    load: async () => (await import('./workflow.ts')).stageCommands,
  },
  {
    name: 'bootenv',
    summary: 'what a machine can boot: list, show, render',
    load: async () => (await import('./bootenv.ts')).bootEnvCommands,
  },
  {
    name: 'profile',
    summary: 'params that machines share: list, show',
    load: async () => (await import('./profile.ts')).profileCommands,
  },
  {
    name: 'param',
    summary: 'params of machines: list, show',
    load: async () => (await import('./param.ts')).paramCommands,
  },
  {
    name: 'doctor',
    summary: 'what stands in the way of network boot, and what helps',
    load: async () => (await import('./doctor.ts')).doctorCommand,
  },
  {
    name: 'status',
    summary: 'the daemon on one screen',
    load: async () => (await import('./status.ts')).statusCommand,
  },
  {
    name: 'web',
    summary: 'a link that lets a browser look on',
    load: async () => (await import('./web.ts')).webCommand,
  },
  {
    name: 'context',
    summary: 'daemons that you work with, by name: list, set, use, rm',
    load: async () => (await import('./context.ts')).contextCommands,
  },
  {
    name: 'version',
    summary: 'the version of this command, and of the daemon',
    load: async () => (await import('./version.ts')).versionCommand,
  },
  {
    name: 'completion',
    summary: 'completion for bash, zsh or fish',
    load: async () => (await import('./completion.ts')).completionCommand,
  },
]
