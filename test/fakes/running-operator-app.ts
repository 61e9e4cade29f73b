import type { FastifyInstance } from 'fastify'

import { createOperatorApp } from '../../src/daemon/api/operator-app.ts'
import { TokenDesk } from '../../src/daemon/domain/access/token-desk.ts'
import { nodeSecrets } from '../../src/daemon/process/node-secrets.ts'
import { readBackup } from '../../src/daemon/store/backup/read-backup.ts'
import { ManualTime } from './manual-time.ts'
import { createMemoryImageStore } from './memory-image-store.ts'
import { MemoryOperatorServices } from './memory-operator-services.ts'
import { realClock } from './real-clock.ts'
import { type RunningEngine, startRunningEngine } from './running-engine.ts'

export interface RunningOperatorApp extends AsyncDisposable {
  readonly app: FastifyInstance
  readonly engine: RunningEngine
  readonly tokens: TokenDesk
}

/** The operators' interface over TCP, with the real engine and a real database in `directory` behind it. */
export async function startRunningOperatorApp(directory: string): Promise<RunningOperatorApp> {
  const images = createMemoryImageStore()
  const timers = new ManualTime()
  const engine = await startRunningEngine({ directory, images, clock: realClock, timers })
  const { store } = engine
  const access = { store: store.tokens, secrets: nodeSecrets, clock: realClock }
  const tokens = await TokenDesk.load(access)
  const { runs, machines } = engine.engine
  const memory = new MemoryOperatorServices()
  const services = {
    ...{ runs, machines, tokens, events: store.events, answers: store.answers },
    rules: engine.engine.rules,
    explainer: memory.explainer,
    webSessions: memory.webSessions,
    ...{ audit: store.audit, images: memory.images, keys: memory.keys, importer: memory.importer },
    networks: memory.networks,
    ...{ content: memory.content, params: engine.content },
    ...{ importSources: memory.importSources, clock: realClock, logger: memory.logger },
    isReady: memory.isReady,
    readStatus: () => memory.readStatus(),
    readBackup: () => readBackup({ dataDir: directory, store }),
  }
  const app = await createOperatorApp(services, {})
  return {
    ...{ app, engine, tokens },
    [Symbol.asyncDispose]: async () => {
      await app.close()
      await engine[Symbol.asyncDispose]()
    },
  }
}
