import { z } from 'zod'

import { capturedImageSchema } from './capture.ts'
import { digestSchema, nameSchema, timeMsSchema } from './values.ts'
import { diskSchema, inventorySchema } from './machine.ts'
import {
  failureSchema,
  imageComparisonSchema,
  leftDiskSchema,
  wipeReportSchema,
  writeProgressSchema,
} from './run.ts'
import { signedReceiptSchema } from './receipt.ts'
import { wipeMethods } from './workflow.ts'
import { diskChoiceRequestSchema } from './disk-choice/choice-request.ts'

/**
 * JSON text frames on the agent's websocket (`/agent/v1/ws` on the provisioning listener).
 *
 *   daemon: challenge → agent: hello → daemon: welcome | refused
 *   daemon: task → agent: progress* log* result → daemon: result-ack
 *
 * Results are repeated until acknowledged; a task that is already known is answered with what is known.
 */
export const agentProtocolVersion = 1

/** Refusals that only another boot cures: the token of this one will never be good again. */
export const staleTokenCodes: readonly string[] = [
  'ERR_TOKEN_EXPIRED',
  'ERR_TOKEN_SUPERSEDED',
  'ERR_TOKEN_UNKNOWN',
]

/** What a task needs, decided by the daemon; the agent looks nothing up. */
export const taskOrderSchema = z.discriminatedUnion('action', [
  z.object({ action: z.literal('inventory') }),
  diskChoiceRequestSchema.extend({ action: z.literal('select-disk') }),
  diskChoiceRequestSchema.extend({ action: z.literal('select-disks') }),
  z.object({
    action: z.literal('write-image'),
    imageName: nameSchema,
    imageDigest: digestSchema,
    /** Paths below the daemon's base URL. */
    manifestPath: z.string(),
    packPath: z.string(),
    /** As in the workflow's task. */
    mode: z.enum(['delta', 'full']).optional(),
    readBack: z.boolean().optional(),
    /** The frozen choice, checked again on the open descriptor; its content too, where it is stated. */
    disk: diskSchema,
  }),
  z.object({
    action: z.literal('verify-image'),
    imageDigest: digestSchema,
    manifestPath: z.string(),
    disk: diskSchema,
    onDifference: z.enum(['fail', 'report']),
  }),
  z.object({
    action: z.literal('wipe-disk'),
    /** Frozen choices, each checked again on the open descriptor. */
    disks: z.array(diskSchema).min(1).max(1024),
    method: z.enum(wipeMethods),
  }),
  z.object({
    action: z.literal('write-seed'),
    disk: diskSchema,
    imageBytes: z.number().int().positive(),
    label: z.enum(['CIDATA', 'CONFIG-2']),
    /** By path on the volume: `meta-data`, `openstack/latest/user_data`. */
    files: z.record(z.string(), z.string()),
    /** Of the image on the disk: it comes back with the seed in it. */
    receipt: signedReceiptSchema.optional(),
  }),
  z.object({
    action: z.literal('capture-image'),
    disk: diskSchema,
    /** Below the daemon's base URL; see ./capture.ts. */
    uploadPath: z.string(),
    generalise: z.boolean(),
    script: z.string().optional(),
  }),
  z.object({
    action: z.literal('burn-in'),
    target: z.enum(['cpu', 'memory', 'disk-read']),
    seconds: z.number().int().positive(),
  }),
  z.object({
    action: z.literal('script'),
    script: z.string(),
    /** By name, `REPAVE_MACHINE` and the like. */
    environment: z.record(z.string(), z.string()),
    /** Names of those whose values must stand in no log. */
    secretVariables: z.array(z.string()).optional(),
  }),
  z.object({
    action: z.literal('set-boot-order'),
    first: z.enum(['network', 'disk']),
    /** The disk that was selected, where one was. */
    disk: diskSchema.optional(),
  }),
  z.object({ action: z.literal('reboot') }),
  z.object({ action: z.literal('kexec'), disk: diskSchema }),
  z.object({ action: z.literal('poweroff') }),
])
export type TaskOrder = z.infer<typeof taskOrderSchema>

export const taskFactsSchema = z.object({
  inventory: inventorySchema.optional(),
  disk: diskSchema.optional(),
  disks: z.array(diskSchema).min(1).max(1024).optional(),
  disksLeft: z.array(leftDiskSchema).max(1024).optional(),
  /** Disks that a rule of the workflow keeps. */
  dataDisks: z.array(diskSchema).max(1024).optional(),
  receipt: signedReceiptSchema.optional(),
  capturedImage: capturedImageSchema.optional(),
  comparison: imageComparisonSchema.optional(),
  wipe: wipeReportSchema.optional(),
  /** Of a script; also of one that failed. */
  exitCode: z.number().int().min(0).max(255).optional(),
})

export const daemonToAgentSchema = z.discriminatedUnion('frame', [
  z.object({
    frame: z.literal('challenge'),
    protocol: z.literal(agentProtocolVersion),
    challenge: z.string(),
  }),
  z.object({
    frame: z.literal('welcome'),
    machineId: z.uuid(),
    machineName: nameSchema,
    daemonTimeMs: timeMsSchema,
  }),
  z.object({ frame: z.literal('refused'), code: z.string(), message: z.string() }),
  z.object({
    frame: z.literal('task'),
    runId: z.uuid(),
    attemptId: z.uuid(),
    stage: nameSchema,
    task: nameSchema,
    order: taskOrderSchema,
  }),
  z.object({ frame: z.literal('result-ack'), attemptId: z.uuid() }),
  /** Stop what you are doing for this attempt; a result `failed` with code `ERR_CANCELLED` follows. */
  z.object({ frame: z.literal('cancel'), attemptId: z.uuid() }),
  /** What the console shows while there is nothing to do. */
  z.object({ frame: z.literal('idle'), waitingFor: z.string().max(200) }),
])
export type DaemonToAgent = z.infer<typeof daemonToAgentSchema>

export const agentToDaemonSchema = z.discriminatedUnion('frame', [
  z.object({
    frame: z.literal('hello'),
    protocol: z.literal(agentProtocolVersion),
    /** The per-boot token from the kernel command line. */
    token: z.string().max(128),
    /** Raw ed25519 public key, base64, made by this agent process's boot. */
    publicKey: z.base64(),
    /** ed25519 over the UTF-8 bytes of `challenge` + `.` + `token`, base64. */
    signature: z.base64(),
    agentVersion: z.string().max(64),
    inventory: inventorySchema,
    /** Milliseconds since the kernel began (`/proc/uptime`). */
    uptimeMs: z.number().int().nonnegative(),
  }),
  z.object({ frame: z.literal('progress'), attemptId: z.uuid(), progress: writeProgressSchema }),
  z.object({
    frame: z.literal('log'),
    attemptId: z.uuid().optional(),
    lines: z.array(z.string().max(2000)).max(200),
  }),
  z.object({
    frame: z.literal('result'),
    attemptId: z.uuid(),
    outcome: z.enum(['succeeded', 'failed']),
    facts: taskFactsSchema,
    failure: failureSchema.optional(),
  }),
])
export type AgentToDaemon = z.infer<typeof agentToDaemonSchema>
export type TaskResult = Extract<AgentToDaemon, { frame: 'result' }>
