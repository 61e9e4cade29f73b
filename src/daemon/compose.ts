import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

import type { Logger } from '../base/logger.ts'
import type { Status } from '../contract/status-documents.ts'
import type { OperatorServices } from './api/operator-services.ts'
import type { ReadyFacts } from './banner.ts'
import type { DaemonConfig } from './configuration/config.ts'
import { TokenDesk } from './domain/access/token-desk.ts'
import { WebSessions } from './domain/access/web-sessions.ts'
import { type ExplainDesk, openExplainDesk } from './domain/explain/explain-desk.ts'
import type { CaptureSpool } from './domain/image/capture-spool.ts'
import { imageEvent } from './domain/image/image-event.ts'
import { StoredImageDesk } from './domain/image/stored-image-desk.ts'
import { NetworkDesk } from './domain/lease/network-desk.ts'
import { startWorkflowEngine, type WorkflowEngine } from './domain/workflow/workflow-engine.ts'
import { type BootProgramSet, openBootPrograms } from './parts/boot/open-boot-programs.ts'
import {
  prepareSledgehammer,
  publishSiteTrust,
  type TrustedKey,
} from './parts/boot/served-sledgehammer.ts'
import { ContentKeeper } from './parts/content/content-keeper.ts'
import { openContent, type OpenedContent, shippedFolder } from './parts/content/open-content.ts'
import { keepEventsInOrder } from './parts/event-housekeeping.ts'
import { keepImagesInOrder } from './parts/images/image-housekeeping.ts'
import { imageKeys } from './parts/images/image-keys.ts'
import { openCaptures } from './parts/images/open-captures.ts'
import { type Images, openImages } from './parts/images/open-images.ts'
import { machineServers } from './parts/listeners/machine-servers.ts'
import { type MachineTls, machineTls } from './parts/listeners/machine-tls.ts'
import { startOperatorSocket, startOperatorTcp } from './parts/listeners/operator-listener.ts'
import { operatorTcp } from './parts/listeners/operator-tls.ts'
import { networkReplacement } from './parts/networks/replace-networks.ts'
import { siteHooks } from './parts/site-hooks.ts'
import { nodeClock, nodeTimers } from './process/node-clock.ts'
import { nodeSecrets } from './process/node-secrets.ts'
import { firstDeath } from './process/running-daemon.ts'
import type { RunningServer } from './servers/running-server.ts'
import { readBackup } from './store/backup/read-backup.ts'
import { cloudConfigReader } from './store/content/cloud-config-reader.ts'
import { folderSecretFiles } from './store/secrets/folder-secret-files.ts'
import { openStore, type Store } from './store/sqlite/open-store.ts'
import { webPages } from './web/web-pages.ts'

export interface DaemonOptions {
  readonly config: DaemonConfig
  readonly logger: Logger
  /** Aborted while the daemon is put together, it is taken down again and the reason thrown. */
  readonly signal: AbortSignal
}

/** Everything, listening. Disposing it stops the servers first and closes the database last. */
export interface RunningDaemon extends AsyncDisposable {
  readonly ready: ReadyFacts
  /** Rejects with a `ServerDiedError` when one part ends by itself. */
  readonly died: Promise<never>
  /** Reads the content folders again, whole or not at all; log and event say which. Never rejects. */
  readonly reload: () => Promise<void>
}

/** What every part stands on. */
interface Foundation {
  readonly content: OpenedContent
  readonly store: Store
  readonly tokens: TokenDesk
  readonly images: Images
  readonly imageDesk: StoredImageDesk
  readonly captures: CaptureSpool
  readonly explainer: ExplainDesk
  readonly engine: WorkflowEngine
  readonly networks: NetworkDesk
  readonly bootPrograms: BootProgramSet
  readonly provisioningUrl: string
  readonly tls: MachineTls | undefined
  readonly startedAtMs: number
  readonly version: string
}

/**
 * Opens what is kept, then the servers of files and agents, then the operators', which say `starting` until
 * DHCP has looked around and sends machines to us. Whatever fails takes down again what stood before it.
 */
export async function composeDaemon(options: DaemonOptions): Promise<RunningDaemon> {
  const startMs = nodeClock.monotonicMs()
  const { config, logger, signal } = options
  await using parts = new AsyncDisposableStack()
  const foundation = await layFoundation(options, parts)
  const sledgehammerDirectory = join(config.dataDir, 'boot', 'sledgehammer')
  const folders = { built: join(config.dataDir, 'sledgehammer'), served: sledgehammerDirectory }
  const trustIn = (trusted: readonly TrustedKey[]) => ({
    ...{ keys: trusted, authority: foundation.tls?.authority },
  })
  const trust = trustIn(foundation.images.keys.trusted())
  await prepareSledgehammer(folders, trust, { logger, signal })
  const servers: RunningServer[] = []
  const use = (server: RunningServer) => {
    servers.push(parts.use(server))
    logger.info({ server: server.name, endpoint: server.endpoint }, 'listening')
  }
  const { loaded } = foundation.content.current
  const services = { ...options, ...foundation, content: loaded, images: foundation.images.store }
  const starts = await machineServers({ ...services, sledgehammerDirectory })
  signal.throwIfAborted()
  use(await starts.http())
  use(await starts.tftp())
  const keys = imageKeys({
    images: foundation.images,
    events: foundation.store.events,
    publish: (trusted) => publishSiteTrust(folders, trustIn(trusted)),
  })
  const content = new ContentKeeper({
    ...{ ...foundation.content, events: foundation.store.events, clock: nodeClock, logger },
    listMachines: () => foundation.engine.machines.listMachines(),
    serveSubnets: networkReplacement(config, loaded.subnets, foundation.networks),
  })
  let isReady = false
  const operators: OperatorServices = {
    ...operatorServices(foundation, options, servers),
    isReady: () => isReady,
    ...{ keys, content, params: foundation.content.current },
    addPages: (app) => webPages(app, operators),
  }
  use(await startOperatorSocket(operators, join(config.dataDir, 'api.sock')))
  if (config.ports.operator !== 'off') {
    use(await startOperatorTcp(operators, await operatorTcp(config, config.ports.operator)))
  }
  signal.throwIfAborted()
  if (starts.dhcp !== undefined) use(await starts.dhcp())
  isReady = true
  const ready = await readyFacts(foundation, config, servers, nodeClock.monotonicMs() - startMs)
  logger.info({ version: ready.version, startMs: ready.startMs }, 'ready')
  const died = firstDeath([...servers, { name: 'database', closed: foundation.store.closed }])
  const lifetime = parts.move()
  const reload = () => content.reload()
  return { ready, died, reload, [Symbol.asyncDispose]: () => lifetime.disposeAsync() }
}

async function layFoundation(
  { config, logger, signal }: DaemonOptions,
  parts: AsyncDisposableStack,
): Promise<Foundation> {
  const startedAtMs = nodeClock.nowMs()
  await mkdir(config.dataDir, { recursive: true, mode: 0o700 })
  const content = await openContent(config, logger)
  const store = parts.use(await openStore(join(config.dataDir, 'repave.db'), { logger }))
  const access = { store: store.tokens, secrets: nodeSecrets, clock: nodeClock }
  const tokens = await TokenDesk.load(access)
  const images = await openImages(config.dataDir, {
    ...config.images,
    onQuarantined: (found) => {
      for (const image of found) {
        store.events.record(imageEvent('quarantined', image, 'daemon', nodeClock.nowMs()))
      }
    },
  })
  const bootPrograms = await openBootPrograms(config, logger)
  signal.throwIfAborted()
  const provisioningUrl = `http://${config.address}:${config.ports.http}`
  const tls = await machineTls(config)
  const engine = await startWorkflowEngine({
    store: store.state,
    events: store.events,
    images: images.store,
    content: content.current,
    cloudConfig: cloudConfigReader,
    secretFiles: folderSecretFiles(join(config.dataDir, 'secrets')),
    clock: nodeClock,
    timers: nodeTimers,
    secrets: nodeSecrets,
    logger,
    provisioningUrl,
    agentUrl: tls === undefined ? provisioningUrl : provisioningUrl.replace('http:', 'https:'),
    serverAddress: config.address,
    hasSignedPrograms: bootPrograms.hasSigned,
    hooks: siteHooks(config.hooks),
    writeLimits: config.writes,
    newMachines: config.newMachines,
  })
  parts.use(engine)
  const imageDesk = new StoredImageDesk({
    ...{ store: images.store, runs: engine.runs, machines: engine.machines },
    ...{ events: store.events, clock: nodeClock },
  })
  parts.use(
    keepEventsInOrder({
      ...{ retention: store.retention, clock: nodeClock, timers: nodeTimers, logger },
      ...config.events,
    }),
  )
  parts.use(keepImagesInOrder({ images: imageDesk, timers: nodeTimers, logger }))
  const explainer = parts.use(
    await openExplainDesk({
      events: store.events,
      findMachine: (reference) => engine.machines.findMachine(reference),
      findRun: (id) => engine.runs.findRun(id),
      clock: nodeClock,
    }),
  )
  const captures = await openCaptures(config.dataDir, imageDesk, engine.runs)
  const version = await ownVersion()
  return {
    content,
    store,
    tokens,
    images,
    imageDesk,
    captures,
    explainer,
    engine,
    networks: new NetworkDesk({ events: store.events, clock: nodeClock }),
    bootPrograms,
    provisioningUrl,
    tls,
    startedAtMs,
    version,
  }
}

function operatorServices(
  foundation: Foundation,
  { config, logger }: DaemonOptions,
  servers: readonly RunningServer[],
): Omit<OperatorServices, 'keys' | 'content' | 'params' | 'isReady'> {
  const { engine, explainer, imageDesk, images, store, tokens } = foundation
  const readStatus = async (): Promise<Status> => ({
    version: foundation.version,
    startedAtMs: foundation.startedAtMs,
    interface: config.interfaceName,
    provisioningUrl: foundation.provisioningUrl,
    servers: servers.map((server) => ({
      name: server.name,
      endpoint: server.endpoint,
      counters: server.counters(),
    })),
    machines: (await engine.machines.listMachines()).length,
    images: await images.store.countImages(),
  })
  return {
    machines: engine.machines,
    rules: engine.rules,
    explainer,
    runs: engine.runs,
    networks: foundation.networks,
    images: imageDesk,
    importer: imageDesk,
    importSources: images.importSources,
    events: store.events,
    answers: store.answers,
    audit: store.audit,
    readBackup: () => readBackup({ dataDir: config.dataDir, store }),
    tokens,
    webSessions: new WebSessions({
      secrets: nodeSecrets,
      clock: nodeClock,
      isValid: (tokenId) => tokens.isValid(tokenId),
    }),
    clock: nodeClock,
    logger,
    readStatus,
  }
}

async function readyFacts(
  { content, engine, images, provisioningUrl, version }: Foundation,
  config: DaemonConfig,
  servers: readonly RunningServer[],
  startMs: number,
): Promise<ReadyFacts> {
  const operators = servers.filter(({ name }) => name === 'operators')
  const dhcp = servers.find(({ name }) => name === 'dhcp')
  return {
    version,
    startMs: Math.round(startMs),
    config,
    provisioningUrl,
    ...(dhcp === undefined ? {} : { dhcpEndpoint: dhcp.endpoint }),
    operatorEndpoints: operators.map(({ endpoint }) => endpoint),
    machines: (await engine.machines.listMachines()).length,
    images: (await images.store.listImages()).map(({ name }) => name),
    contentFiles: content.current.loaded.files.length,
  }
}

async function ownVersion(): Promise<string> {
  const { version } = JSON.parse(await readFile(join(shippedFolder, 'package.json'), 'utf8')) as {
    version: string
  }
  return version
}
