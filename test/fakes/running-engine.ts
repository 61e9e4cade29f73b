import { join } from 'node:path'

import fastify from 'fastify'

import type { Clock } from '../../src/base/clock.ts'
import { parseIpv4Address } from '../../src/base/ipv4-address.ts'
import { parseMacAddress } from '../../src/base/mac-address.ts'
import type { RepaveEvent } from '../../src/contract/event.ts'
import type { AgentSocketTimings } from '../../src/daemon/api/agents/agent-connection.ts'
import { registerAgentSocket } from '../../src/daemon/api/agents/agent-socket.ts'
import { registerPhoneHome } from '../../src/daemon/api/agents/phone-home.ts'
import type { ScriptDecision } from '../../src/daemon/domain/bootenv/boot-client.ts'
import type { ImageStore } from '../../src/daemon/domain/image/image-store.ts'
import type { NewMachines } from '../../src/daemon/domain/machine/newcomer.ts'
import type { Timers } from '../../src/daemon/domain/workflow/timers.ts'
import {
  type WorkflowEngine,
  startWorkflowEngine,
} from '../../src/daemon/domain/workflow/workflow-engine.ts'
import type { WriteLimits } from '../../src/daemon/domain/workflow/write-turns.ts'
import { siteHooks } from '../../src/daemon/parts/site-hooks.ts'
import { nodeSecrets } from '../../src/daemon/process/node-secrets.ts'
import { cloudConfigReader } from '../../src/daemon/store/content/cloud-config-reader.ts'
import { type LoadedContent, loadContent } from '../../src/daemon/store/content/load-content.ts'
import { folderSecretFiles } from '../../src/daemon/store/secrets/folder-secret-files.ts'
import { type Store, openStore } from '../../src/daemon/store/sqlite/open-store.ts'
import { createSilentLogger } from './silent-logger.ts'

export interface RunningEngine extends AsyncDisposable {
  readonly store: Store
  readonly engine: WorkflowEngine
  readonly content: LoadedContent
  readonly url: string
  readonly agentUrl: string
  readonly logger: ReturnType<typeof createSilentLogger>
  boot(macAddress?: string): Promise<ScriptDecision>
  /** Boots into sledgehammer and returns the token from its kernel arguments. */
  bootToken(macAddress?: string): Promise<string>
  events(): Promise<readonly RepaveEvent[]>
}

export interface RunningEngineOptions {
  readonly directory: string
  readonly images: ImageStore
  readonly clock: Clock
  readonly timers: Timers
  readonly timings?: Partial<AgentSocketTimings>
  readonly port?: number
  readonly hooks?: Parameters<typeof siteHooks>[0]
  readonly writeLimits?: WriteLimits
  readonly newMachines?: NewMachines
  /** Content over that which ships. */
  readonly contentDirectories?: readonly string[]
}

/** The real store, engine and sockets on loopback, with the content that ships; only time is a parameter. */
export async function startRunningEngine(options: RunningEngineOptions): Promise<RunningEngine> {
  const { directory, clock, timers, images, timings = {} } = options
  const logger = createSilentLogger()
  const store = await openStore(join(directory, 'repave.db'), { logger })
  const shipped = join(import.meta.dirname, '../..')
  const content = await loadContent([shipped, ...(options.contentDirectories ?? [])])
  const engine = await startWorkflowEngine({
    store: store.state,
    events: store.events,
    images,
    content,
    cloudConfig: cloudConfigReader,
    secretFiles: folderSecretFiles(join(directory, 'secrets')),
    clock,
    timers,
    secrets: nodeSecrets,
    logger,
    provisioningUrl: 'http://10.77.0.1:8090',
    agentUrl: 'http://10.77.0.1:8090',
    serverAddress: parseIpv4Address('10.77.0.1'),
    hasSignedPrograms: true,
    hooks: siteHooks(options.hooks ?? {}),
    writeLimits: options.writeLimits ?? { daemon: 100, rack: 100, image: 100 },
    newMachines: options.newMachines ?? 'accept',
  })
  const app = fastify({ forceCloseConnections: true })
  await registerAgentSocket(app, {
    desk: engine.agents,
    secrets: nodeSecrets,
    clock,
    logger,
    timings,
  })
  await registerPhoneHome(app, engine.phoneHomes)
  const url = await app.listen({ host: '127.0.0.1', port: options.port ?? 0 })
  const boot = (macAddress = '52:54:00:00:00:01') =>
    engine.scripts.decideScript({
      macAddress: parseMacAddress(macAddress),
      platform: 'bios',
      address: parseIpv4Address('10.77.0.50'),
    })
  return {
    store,
    engine,
    content,
    url,
    agentUrl: `${url.replace('http', 'ws')}/agent/v1/ws`,
    logger,
    boot,
    async bootToken(macAddress) {
      const decision = await boot(macAddress)
      if (decision.target !== 'sledgehammer') throw new Error(`boots ${decision.target}`)
      return tokenOf(decision.kernelArguments)
    },
    events: () => allEvents(store),
    async [Symbol.asyncDispose]() {
      await app.close()
      await engine[Symbol.asyncDispose]()
      await store[Symbol.asyncDispose]()
    },
  }
}

/** A log may give fewer than it is asked for: it is asked until there are no more. */
async function allEvents({ events }: Store): Promise<RepaveEvent[]> {
  const all: RepaveEvent[] = []
  for (;;) {
    const more = await events.readSince(all.at(-1)?.seq ?? 0, 10_000)
    if (more.length === 0) return all
    all.push(...more)
  }
}

function tokenOf(kernelArguments: readonly string[]): string {
  const argument = kernelArguments.find((text) => text.startsWith('repave.token='))
  if (argument === undefined) throw new Error('no token')
  return argument.slice('repave.token='.length)
}
