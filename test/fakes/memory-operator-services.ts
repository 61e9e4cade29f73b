import { createHash, randomUUID } from 'node:crypto'

import type { FastifyInstance } from 'fastify'

import { digestFromBytes } from '../../src/base/digest.ts'
import type { Logger } from '../../src/base/logger.ts'
import { parseMacAddress } from '../../src/base/mac-address.ts'
import type { Image, NewMachine, NewRun } from '../../src/contract/api-documents.ts'
import type { Machine } from '../../src/contract/machine.ts'
import type { Run } from '../../src/contract/run.ts'
import type { Status } from '../../src/contract/status-documents.ts'
import { taskSchema } from '../../src/contract/workflow.ts'
import type { OperatorServices } from '../../src/daemon/api/operator-services.ts'
import type { AccessToken, TokenStore } from '../../src/daemon/domain/access/access-token.ts'
import type { AnswerStore, KeptAnswer } from '../../src/daemon/domain/access/answer-store.ts'
import type { AuditLog, NewAuditEntry } from '../../src/daemon/domain/access/audit-log.ts'
import { TokenDesk } from '../../src/daemon/domain/access/token-desk.ts'
import { WebSessions } from '../../src/daemon/domain/access/web-sessions.ts'
import { type ExplainDesk, openExplainDesk } from '../../src/daemon/domain/explain/explain-desk.ts'
import type { ImportRequest, StoredImage } from '../../src/daemon/domain/image/image-store.ts'
import { NetworkDesk } from '../../src/daemon/domain/lease/network-desk.ts'
import type { ProgressReport, RunIntervention } from '../../src/daemon/domain/workflow/run-desk.ts'
import { isEnded } from '../../src/daemon/domain/workflow/run-step.ts'
import { nodeSecrets } from '../../src/daemon/process/node-secrets.ts'
import { webPages } from '../../src/daemon/web/web-pages.ts'
import { localImportSources } from './local-import-sources.ts'
import { MemoryEventLog } from './memory-event-log.ts'

const timeMs = 1_700_000_000_000
const unsupported = (): never => {
  throw new Error('real images and keys are tested with the store behind them')
}
const silent: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silent,
}

function memoryAnswerStore(): AnswerStore {
  const answers = new Map<string, KeptAnswer>()
  return {
    findAnswer: async (key) => answers.get(key),
    keepAnswer: async (answer) => void answers.set(answer.key, answer),
    forgetAnswers: async () => undefined,
  }
}

function memoryTokenStore(events: MemoryEventLog): TokenStore {
  const tokens = new Map<string, AccessToken>()
  return {
    readTokens: async () => [...tokens.values()],
    addToken: async (token, event) => {
      tokens.set(token.id, token)
      events.append(event)
    },
    removeToken: async (id, event) => {
      tokens.delete(id)
      events.append(event)
    },
  }
}

export interface PlacedThings {
  readonly machines?: readonly Machine[]
  readonly runs?: readonly Run[]
  readonly images?: readonly Image[]
}

/** A daemon's inside, in memory: machines, runs, images and their events behave like the stored ones. */
export class MemoryOperatorServices implements OperatorServices {
  readonly events = new MemoryEventLog()
  readonly clock = { nowMs: () => Date.now(), monotonicMs: () => performance.now() }
  isReady = () => true
  readonly logger = silent
  readonly answers = memoryAnswerStore()
  readonly networks = new NetworkDesk({ events: { record: () => {} }, clock: this.clock })
  readonly audited: NewAuditEntry[] = []
  readonly audit: AuditLog = {
    append: async (entry) => void this.audited.push(entry),
    readAfter: () => unsupported(),
    verify: () => unsupported(),
  }
  readonly tokens = new TokenDesk(
    { store: memoryTokenStore(this.events), secrets: nodeSecrets, clock: this.clock },
    [],
  )
  readonly webSessions = new WebSessions({
    secrets: nodeSecrets,
    clock: this.clock,
    isValid: (tokenId) => this.tokens.isValid(tokenId),
  })
  readonly addPages = (app: FastifyInstance) => webPages(app, this)
  readonly #machines = new Map<string, Machine>()
  readonly #runs = new Map<string, Run>()
  readonly #images = new Map<string, Image>()
  readonly #progressListeners = new Set<(report: ProgressReport) => void>()
  /** Bytes of the imports that were cancelled. */
  readonly cancelledImports: number[] = []

  readonly machines = {
    listMachines: async () => [...this.#machines.values()],
    snapshot: async () => ({
      seq: this.events.lastSeq(),
      machines: [...this.#machines.values()],
    }),
    findMachine: async (reference: string) => this.#findMachine(reference),
    addMachine: async (machine: NewMachine) => this.#addMachine(machine),
    changeMachine: () => unsupported(),
    actOn: () => unsupported(),
    historyOf: async () => [],
    bootDecisionOf: () => unsupported(),
  }

  readonly rules = { listRules: () => [], tryRules: () => unsupported() }

  readonly explainer: ExplainDesk = {
    explain: async (reference) => {
      using desk = await openExplainDesk({
        events: this.events,
        findMachine: async (named) => this.#findMachine(named),
        findRun: async (id) => this.#runs.get(id),
        clock: this.clock,
      })
      return desk.explain(reference)
    },
  }

  readonly runs = {
    listUnfinished: async () => [...this.#runs.values()].filter((run) => !isEnded(run)),
    findRun: async (id: string) => this.#runs.get(id),
    previewRun: () => unsupported(),
    createRun: async (request: NewRun, principal: string) => this.#createRun(request, principal),
    intervene: async (id: string, { verb, principal }: RunIntervention) =>
      this.#change(id, verb === 'cancel' ? 'cancelled' : 'running', principal),
    snapshot: async () => ({
      seq: this.events.lastSeq(),
      machines: [...this.#machines.values()],
      runs: [...this.#runs.values()],
    }),
    onProgress: (listener: (report: ProgressReport) => void) => {
      this.#progressListeners.add(listener)
      return () => this.#progressListeners.delete(listener)
    },
  }

  readonly images = {
    listImages: async () => [...this.#images.values()],
    findImage: async (name: string) => {
      const image = this.#images.get(name)
      return image === undefined ? undefined : ({ image } as StoredImage)
    },
    history: async (name: string) => {
      const image = this.#images.get(name)
      return image === undefined ? [] : [{ ...image, deployedOn: [] }]
    },
    diff: () => unsupported(),
    importArchive: () => unsupported(),
    openArchive: () => unsupported(),
    remove: async (name: string) => {
      const image = this.#images.get(name)
      this.#images.delete(name)
      return image === undefined ? undefined : [image]
    },
    collect: async (dryRun: boolean) => ({
      ...{ dryRun, removedImages: [], freedBytes: 0, storedBytes: 0 },
    }),
    scrub: async () => ({
      ...{ checkedChunks: 0, checkedBytes: 0, damagedChunks: 0, quarantined: [], released: [] },
    }),
  }

  readonly keys = { listKeys: async () => [], rotate: () => unsupported() }

  readonly content = {
    describe: () => ({ revision: 0, items: [] }),
    changesOfOwn: async () => [],
    plan: () => unsupported(),
    apply: () => unsupported(),
  }

  readonly params = {
    param: () => undefined,
    params: () => [],
    profile: () => undefined,
    profiles: () => [],
    workflow: () => undefined,
    workflows: () => [],
    bootEnv: () => undefined,
    bootEnvs: () => [],
  }

  readonly importer = {
    importImage: (request: ImportRequest) => this.#importImage(request),
  }

  readonly importSources = localImportSources()

  async *readBackup(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('backup')
  }

  async readStatus(): Promise<Status> {
    return {
      version: '0.1.0',
      startedAtMs: timeMs,
      interface: 'lab0',
      provisioningUrl: 'http://10.77.0.1:8090',
      servers: [],
      machines: this.#machines.size,
      images: this.#images.size,
    }
  }

  /** Puts machines, runs and images there as they are, without an event. */
  place({ machines = [], runs = [], images = [] }: PlacedThings): void {
    for (const machine of machines) this.#machines.set(machine.id, machine)
    for (const run of runs) this.#runs.set(run.id, run)
    for (const image of images) this.#images.set(image.name, image)
  }

  report(report: ProgressReport): void {
    for (const listener of this.#progressListeners) listener(report)
  }

  #findMachine(reference: string): Machine | undefined {
    return [...this.#machines.values()].find(
      ({ id, name, macAddresses }) =>
        id === reference || name === reference || macAddresses.some((mac) => mac === reference),
    )
  }

  #addMachine({ name, macAddress }: NewMachine): Machine {
    const machine: Machine = {
      id: randomUUID(),
      name,
      state: 'discovering',
      macAddresses: [parseMacAddress(macAddress)],
      onBoot: 'local',
      createdAtMs: timeMs,
      lastSeenAtMs: timeMs,
      revision: 0,
    }
    this.#machines.set(machine.id, machine)
    this.events.append({ type: 'machine', action: 'created', key: machine.id })
    return machine
  }

  #createRun(request: NewRun, principal: string): Run {
    const machine = this.#findMachine(request.machine)
    if (machine === undefined) throw new Error(`no machine ${request.machine}`)
    const run: Run = {
      id: randomUUID(),
      machineId: machine.id,
      machineName: machine.name,
      workflow: request.workflow,
      params: request.params ?? {},
      state: 'running',
      tasks: [
        {
          stage: 'discover',
          task: taskSchema.parse({ name: 'inventory', action: 'inventory' }),
          state: 'running',
          attempts: 1,
        },
      ],
      taskIndex: 0,
      createdAtMs: timeMs,
      revision: 0,
    }
    this.#runs.set(run.id, run)
    this.#machines.set(machine.id, { ...machine, runId: run.id })
    this.events.append({ type: 'run', action: 'created', key: run.id, principal })
    return run
  }

  #change(id: string, state: Run['state'], principal: string): Run {
    const run = this.#runs.get(id)
    if (run === undefined) throw new Error(`no run ${id}`)
    const changed = { ...run, state, revision: run.revision + 1 }
    this.#runs.set(id, changed)
    this.events.append({ type: 'run', action: state, key: id, principal })
    return changed
  }

  async #importImage({
    name,
    version,
    source,
    onProgress,
    signal,
  }: ImportRequest): Promise<StoredImage> {
    const hash = createHash('sha256')
    let rawBytes = 0
    try {
      for await (const bytes of source) {
        signal?.throwIfAborted()
        hash.update(bytes)
        rawBytes += bytes.length
        onProgress?.(rawBytes)
      }
    } catch (thrown) {
      this.cancelledImports.push(rawBytes)
      throw thrown
    }
    const digest = digestFromBytes(hash.digest())
    const sizes = { rawBytes, packBytes: rawBytes, chunks: 1, zeroChunks: 0 }
    const image: Image = {
      name,
      version,
      digest,
      rawDigest: digest,
      ...sizes,
      importedAtMs: timeMs,
      state: 'ready',
      signature: 'signed',
    }
    this.#images.set(name, image)
    return { image } as StoredImage
  }
}
