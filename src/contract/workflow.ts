import { z } from 'zod'

import { readByteSize } from '../base/byte-size.ts'
import { paramNameSchema, paramValuesSchema } from './param.ts'
import { nameSchema } from './values.ts'

/** A number of bytes, in YAML also as `40G` or `512 MiB` (powers of 1024). */
const ruleBytesSchema = z.union([
  z.number().int().positive(),
  z.string().transform((text, context): number => {
    const bytes = readByteSize(text)
    if (bytes !== undefined && bytes > 0) return bytes
    context.issues.push({ code: 'custom', message: 'expected bytes, as 40G', input: text })
    return z.NEVER
  }),
])

/** What a disk must be like. Text is compared whole; `*` in `model` and `vendor` stands for any text. */
export const diskRuleSchema = z.strictObject({
  serial: z.string().optional(),
  wwn: z.string().optional(),
  model: z.string().optional(),
  vendor: z.string().optional(),
  /** The slot it sits in, as in `/dev/disk/by-path`: `pci-0000:00:1f.2-ata-1`. */
  path: z.string().optional(),
  minimumBytes: ruleBytesSchema.optional(),
  maximumBytes: ruleBytesSchema.optional(),
  rotational: z.boolean().optional(),
  transport: z.string().optional(),
})
export type DiskRule = z.infer<typeof diskRuleSchema>

const taskBase = {
  name: nameSchema,
  /** A week at most: so long may clearing a large disk take. */
  timeoutSeconds: z.number().int().positive().max(604_800).default(600),
  retry: z
    .strictObject({
      /** Tries in all, the first included. */
      attempts: z.number().int().min(1).max(100).default(1),
      /** Wait before try n+1 is `backoffSeconds` × 2^(n-1), at most 300 s. */
      backoffSeconds: z.number().int().min(0).max(300).default(2),
    })
    .prefault({}),
  /**
   * `fail` the run, `hold` it for a person, or `continue` as if the task had succeeded. `{ task: NAME }`
   * runs that one task of `recovery` and then fails the run for the reason it failed first.
   */
  onError: z
    .union([z.enum(['fail', 'hold', 'continue']), z.strictObject({ task: nameSchema })])
    .default('fail'),
  /** A person has to agree before the task begins. */
  needsApproval: z.boolean().default(false),
}

const task = <Action extends string>(action: Action) =>
  z.strictObject({ ...taskBase, action: z.literal(action) })

const diskChoice = {
  /** Disks that match one of these are kept: never chosen here, and protected from then on. */
  dataDisks: z.array(diskRuleSchema).max(64).default([]),
  /** Signatures that would keep a disk from being chosen (`zfs_member`) and may be lost after all. */
  overwrite: z.array(z.string().max(64)).max(64).default([]),
}

/** How a disk is emptied. See {@link taskSchema}. */
export const wipeMethods = ['best', 'secure-erase', 'zero', 'discard', 'signatures'] as const

const scriptTextSchema = z.string().min(1).max(65_536)

/** What the agent or the daemon does; {@link agentActions} names the agent's. */
export const taskSchema = z.discriminatedUnion('action', [
  task('inventory'),
  z.strictObject({
    ...taskBase,
    action: z.literal('select-disk'),
    /** Which disk to write. Exactly one of the machine's must match, else the task refuses. */
    disk: diskRuleSchema.prefault({}),
    ...diskChoice,
  }),
  z.strictObject({
    ...taskBase,
    action: z.literal('select-disks'),
    /**
     * Which disks to wipe: every disk of the machine's own unless it says less. One that can neither be
     * chosen nor is kept by somebody's wish makes the task refuse: what is left over is never passed over.
     */
    disks: diskRuleSchema.prefault({}),
    ...diskChoice,
  }),
  z.strictObject({
    ...taskBase,
    action: z.literal('write-image'),
    /** `delta` writes only what differs from what is on the disk, `full` everything. */
    mode: z.enum(['delta', 'full']).default('delta'),
    /** Without it the image is written but not proven: the receipt says so. */
    readBack: z.boolean().default(true),
  }),
  z.strictObject({
    ...taskBase,
    action: z.literal('verify-image'),
    /** Whether a disk that differs fails the task, or is only reported with the bytes that differ. */
    onDifference: z.enum(['fail', 'report']).default('fail'),
  }),
  z.strictObject({
    ...taskBase,
    action: z.literal('wipe-disk'),
    /**
     * `zero` overwrites every byte. `secure-erase` has the drive do it (NVMe format, ATA security erase),
     * and fails where the drive cannot; `best` does so where it can and overwrites where not. `discard`
     * tells the drive to forget: quick, and a promise of the drive's. After each of these every byte reads
     * as zero, or is made to. `signatures` clears the first and the last MiB of the disk and of each
     * partition: nothing boots or mounts, the data stay readable.
     */
    method: z.enum(wipeMethods).default('zero'),
  }),
  task('write-seed'),
  z.strictObject({
    ...taskBase,
    action: z.literal('capture-image'),
    /** Takes the machine's identity out of the image; its disk stays as it is. */
    generalise: z.boolean().default(true),
    /** Shell script of the site that runs after ours; its argument is the root of the copied system. */
    script: z.string().max(65_536).optional(),
  }),
  z.strictObject({
    ...taskBase,
    action: z.literal('burn-in'),
    target: z.enum(['cpu', 'memory', 'disk-read']),
    /** How long it is kept busy; `disk-read` ends earlier when every byte has been read once. */
    seconds: z.number().int().positive().max(86_400).default(300),
  }),
  z.strictObject({
    ...taskBase,
    action: z.literal('script'),
    /** Shell script; without it the run brings its own (`params.script`). It ends as {@link scriptExits} says. */
    script: scriptTextSchema.optional(),
    /** Secret params that it is handed; all others it has without asking. */
    secrets: z.array(paramNameSchema).max(64).default([]),
  }),
  z.strictObject({
    ...taskBase,
    action: z.literal('system-script'),
    /** Shell script that the new system runs on its first boot, before it calls home; 0 is success. */
    script: scriptTextSchema,
  }),
  z.strictObject({
    ...taskBase,
    action: z.literal('set-boot-order'),
    /** What UEFI firmware tries first from now on. BIOS firmware cannot be told: the task fails there. */
    first: z.enum(['network', 'disk']),
  }),
  task('reboot'),
  /** Starts the system just written without another round through firmware; reboots where that cannot be. */
  task('kexec'),
  task('poweroff'),
  task('approve'),
  z.strictObject({
    ...taskBase,
    action: z.literal('call-hook'),
    /** One of `hooks` in `repave.yaml`: a webhook, or a command on the daemon's host. */
    hook: nameSchema,
  }),
  task('await-phone-home'),
])
export type Task = z.infer<typeof taskSchema>
export type TaskAction = Task['action']

/** Done by the agent in sledgehammer; all others by the daemon, a person, or the installed system. */
export const agentActions = [
  'inventory',
  'select-disk',
  'select-disks',
  'write-image',
  'verify-image',
  'wipe-disk',
  'write-seed',
  'capture-image',
  'burn-in',
  'script',
  'set-boot-order',
  'reboot',
  'kexec',
  'poweroff',
] as const

/** Take the disk's bandwidth and the daemon's: how many may do so at once is limited. */
export const writingActions: readonly TaskAction[] = ['write-image', 'verify-image']

/** What a script's exit code asks for (Digital Rebar's); any other code is a failure. */
export interface ScriptExit {
  /** Whether the script is to run once more. */
  readonly isIncomplete: boolean
  /** What happens to the machine before the run goes on; `stop` holds the run for a person. */
  readonly next: 'go-on' | 'stop' | 'poweroff' | 'reboot'
}

export const scriptExits: ReadonlyMap<number, ScriptExit> = new Map([
  [0, { isIncomplete: false, next: 'go-on' }],
  [16, { isIncomplete: false, next: 'stop' }],
  [32, { isIncomplete: false, next: 'poweroff' }],
  [64, { isIncomplete: false, next: 'reboot' }],
  [128, { isIncomplete: true, next: 'go-on' }],
  [144, { isIncomplete: true, next: 'stop' }],
  [160, { isIncomplete: true, next: 'poweroff' }],
  [192, { isIncomplete: true, next: 'reboot' }],
])

export const stageSchema = z.strictObject({
  name: nameSchema,
  description: z.string().optional(),
  /** For machines whose own params and profiles say nothing else. */
  params: paramValuesSchema.default({}),
  tasks: z.array(taskSchema).min(1, 'a stage without tasks would do nothing and report success'),
})

/** `workflows/NAME/workflow.yaml`. */
export const workflowSchema = z.strictObject({
  name: nameSchema,
  description: z.string().optional(),
  /** How long after it was ordered, or approved, a run may still choose a disk. */
  armedHours: z.number().int().positive().max(8760).default(168),
  stages: z
    .array(stageSchema)
    .min(1, 'a workflow without stages would do nothing and report success'),
  /** Tasks that run only where the `onError` of another names them. */
  recovery: z.array(taskSchema).max(64).default([]),
})
export type Workflow = z.infer<typeof workflowSchema>
