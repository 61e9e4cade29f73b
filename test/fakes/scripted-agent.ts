import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto'

import { WebSocket } from 'ws'

import { digestFromBytes } from '../../src/base/digest.ts'
import {
  type AgentToDaemon,
  type DaemonToAgent,
  type TaskResult,
  daemonToAgentSchema,
} from '../../src/contract/agent-frames.ts'
import { canonicalJson } from '../../src/contract/canonical-json.ts'
import {
  type Disk,
  type Inventory,
  diskSchema,
  inventorySchema,
} from '../../src/contract/machine.ts'
import { type Receipt, receiptSchema, type SignedReceipt } from '../../src/contract/receipt.ts'
import type { StoredImage } from '../../src/daemon/domain/image/image-store.ts'

type TaskFrame = Extract<DaemonToAgent, { frame: 'task' }>

export const agentDisk: Disk = diskSchema.parse({
  name: 'vda',
  path: '/dev/vda',
  sizeBytes: 8 * 2 ** 30,
  logicalSectorBytes: 512,
  physicalSectorBytes: 512,
  serial: 'disk-1',
  transport: 'virtio',
  rotational: false,
  removable: false,
  readOnly: false,
  inUseBy: [],
})

export function inventoryWith(
  macAddresses: readonly string[],
  system: Partial<Inventory['system']> = { serialNumber: `SN-${macAddresses[0]}` },
): Inventory {
  return inventorySchema.parse({
    firmwareMode: 'bios',
    arch: 'x86_64',
    system,
    cpu: { model: 'test', logicalCores: 1 },
    memoryBytes: 2 ** 30,
    disks: [agentDisk],
    networkInterfaces: macAddresses.map((macAddress, index) => ({
      name: `eth${index}`,
      macAddress,
      linkUp: true,
      bootedFrom: index === 0,
      addresses: [],
    })),
    kernelRelease: '6.1',
  })
}

/** An agent's key, made for one boot. */
export class ScriptedKey {
  readonly #privateKey: KeyObject
  readonly publicKey: string

  constructor() {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519')
    this.#privateKey = privateKey
    const { x = '' } = publicKey.export({ format: 'jwk' })
    this.publicKey = Buffer.from(x, 'base64url').toString('base64')
  }

  sign(text: string): string {
    return sign(null, Buffer.from(text), this.#privateKey).toString('base64')
  }
}

export interface ScriptedAgentOptions {
  readonly url: string
  readonly token: string
  readonly key?: ScriptedKey
  readonly inventory?: Inventory
}

/** One connection of an agent that does only what its test says. */
export class ScriptedAgent {
  readonly key: ScriptedKey
  readonly inventory: Inventory
  readonly socket: WebSocket
  readonly frames: DaemonToAgent[] = []
  readonly #options: ScriptedAgentOptions
  readonly #waiters = new Set<() => void>()
  closeCode: number | undefined

  constructor(options: ScriptedAgentOptions) {
    this.#options = options
    this.key = options.key ?? new ScriptedKey()
    this.inventory = options.inventory ?? inventoryWith(['52:54:00:00:00:01'])
    this.socket = new WebSocket(options.url, { perMessageDeflate: false })
    this.socket.on('error', () => undefined)
    this.socket.on('close', (code) => {
      this.closeCode = code
      this.#wake()
    })
    this.socket.on('message', (data) => {
      const frame = daemonToAgentSchema.parse(JSON.parse((data as Buffer).toString()))
      this.frames.push(frame)
      if (frame.frame === 'challenge') this.#sayHello(frame.challenge)
      this.#wake()
    })
  }

  send(frame: AgentToDaemon): void {
    this.socket.send(JSON.stringify(frame))
  }

  /** The next frame of those kinds that was not taken yet. @throws when the connection ends without one */
  async take<Name extends DaemonToAgent['frame']>(
    ...names: Name[]
  ): Promise<Extract<DaemonToAgent, { frame: Name }>> {
    for (;;) {
      const index = this.frames.findIndex(({ frame }) => (names as string[]).includes(frame))
      const [found] = index === -1 ? [] : this.frames.splice(index, 1)
      if (found !== undefined) return found as Extract<DaemonToAgent, { frame: Name }>
      if (this.closeCode !== undefined)
        throw new Error(`closed with ${this.closeCode}, no ${names.join()}`)
      await new Promise<void>((resolve) => this.#waiters.add(resolve))
    }
  }

  succeed(task: TaskFrame, facts: TaskResult['facts'] = {}): void {
    this.send({ frame: 'result', attemptId: task.attemptId, outcome: 'succeeded', facts })
  }

  fail(task: TaskFrame, code: string, retryable: boolean): void {
    const failure = { code, message: 'scripted', retryable }
    this.send({
      frame: 'result',
      attemptId: task.attemptId,
      outcome: 'failed',
      facts: {},
      failure,
    })
  }

  async closed(): Promise<number> {
    while (this.closeCode === undefined) {
      await new Promise<void>((resolve) => this.#waiters.add(resolve))
    }
    return this.closeCode
  }

  #sayHello(challenge: string): void {
    const { token } = this.#options
    this.send({
      frame: 'hello',
      protocol: 1,
      token,
      publicKey: this.key.publicKey,
      signature: this.key.sign(`${challenge}.${token}`),
      agentVersion: '0.1.0',
      inventory: this.inventory,
      uptimeMs: 1000,
    })
  }

  #wake(): void {
    for (const resolve of this.#waiters) resolve()
    this.#waiters.clear()
  }
}

/** The receipt of a perfect write, with whatever a test wants to be wrong about it. */
export function receiptOf(
  task: TaskFrame,
  machineId: string,
  { manifest, image }: StoredImage,
  key: ScriptedKey,
  changes: Partial<Receipt> = {},
): SignedReceipt {
  const receipt: Receipt = {
    format: 'repave-receipt/1',
    machineId,
    runId: task.runId,
    attemptId: task.attemptId,
    imageName: image.name,
    imageDigest: image.digest,
    rawDigest: manifest.rawDigest,
    rawBytes: manifest.rawBytes,
    disk: { path: agentDisk.path, serial: 'disk-1', sizeBytes: agentDisk.sizeBytes },
    bytesWritten: manifest.rawBytes,
    bytesReadBack: manifest.rawBytes,
    bytesFetched: manifest.packBytes,
    chunksRefetched: 0,
    startedAtMs: 1,
    writeMs: 1,
    readBackMs: 1,
    agentVersion: '0.1.0',
    ...changes,
  }
  return signedReceipt(receipt, key)
}

/** The receipt that came with the order, with the seed in it. */
export function seedReceiptOf(
  { order }: TaskFrame,
  key: ScriptedKey,
  changes: Partial<Receipt> = {},
): SignedReceipt {
  if (order.action !== 'write-seed' || order.receipt === undefined) throw new Error(order.action)
  const receipt = receiptSchema.parse(JSON.parse(order.receipt.receipt))
  const { label } = order
  const place = { offsetBytes: receipt.rawBytes, sizeBytes: 4 * 2 ** 20 }
  const digest = digestFromBytes(createHash('sha256').update('volume').digest())
  const seed = { label, ...place, digest, files: Object.keys(order.files) }
  return signedReceipt({ ...receipt, seed, ...changes }, key)
}

function signedReceipt(receipt: Receipt, key: ScriptedKey): SignedReceipt {
  const text = canonicalJson(receipt)
  return {
    receipt: text,
    digest: digestFromBytes(createHash('sha256').update(text).digest()),
    signature: key.sign(text),
    publicKey: key.publicKey,
  }
}

/** Does every task it is given as it should be done, until the machine restarts or the connection ends. */
export async function doTasks(
  agent: ScriptedAgent,
  machineId: string,
  image: StoredImage,
): Promise<'reboot'> {
  for (;;) {
    const task = await agent.take('task')
    switch (task.order.action) {
      case 'inventory':
        agent.succeed(task, { inventory: agent.inventory })
        break
      case 'select-disk':
        agent.succeed(task, { disk: agentDisk })
        break
      case 'write-image':
        agent.succeed(task, { receipt: receiptOf(task, machineId, image, agent.key) })
        break
      case 'write-seed':
        agent.succeed(task, { receipt: seedReceiptOf(task, agent.key) })
        break
      case 'reboot':
        agent.succeed(task)
        await agent.take('result-ack')
        return 'reboot'
      case 'burn-in':
      case 'capture-image':
      case 'kexec':
      case 'poweroff':
      case 'script':
      case 'select-disks':
      case 'set-boot-order':
      case 'verify-image':
      case 'wipe-disk':
        throw new Error(`no script for ${task.order.action}`)
    }
    await agent.take('result-ack')
  }
}
