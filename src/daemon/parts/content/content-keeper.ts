import type { Clock } from '../../../base/clock.ts'
import { CodedError, messageOf } from '../../../base/coded-error.ts'
import type { Logger } from '../../../base/logger.ts'
import type {
  ContentChange,
  ContentFault,
  ContentFile,
  ContentPlan,
  ContentState,
} from '../../../contract/content-documents.ts'
import type { Machine } from '../../../contract/machine.ts'
import { compareContent } from '../../domain/content/compare-content.ts'
import type { ContentDesk } from '../../domain/content/content-desk.ts'
import { ContentRefusedError } from '../../domain/content/errors.ts'
import type { EventSink } from '../../domain/event/event-sink.ts'
import type { Subnet } from '../../domain/lease/subnet.ts'
import { machineFaults } from '../../domain/param/check-values.ts'
import { requireRevision } from '../../domain/selection/revision.ts'
import type { AppliedContent } from '../../store/content/applied-content.ts'
import { readContentObjects } from '../../store/content/content-objects.ts'
import { DocumentInvalidError } from '../../store/content/document-fault.ts'
import { type LoadedContent, loadContent } from '../../store/content/load-content.ts'
import type { CurrentContent } from './current-content.ts'

export interface ContentKeeperOptions {
  readonly current: CurrentContent
  /** What ships, then the folders of the configuration. */
  readonly directories: readonly [string, ...string[]]
  readonly applied: AppliedContent
  /** Takes these subnets into service as a whole; throws and leaves those in service as they are. */
  readonly serveSubnets: (subnets: readonly Subnet[]) => Promise<void>
  readonly listMachines: () => Promise<readonly Machine[]>
  readonly events: EventSink
  readonly clock: Clock
  readonly logger: Logger
}

/** More faults than a person corrects in one go; the log has them all. */
const mostFaults = 50

/**
 * Changes the content in force, whole or not at all: what is wrong is told, and what was in force stays.
 * One change after the other.
 */
export class ContentKeeper implements ContentDesk {
  readonly #options: ContentKeeperOptions
  #last: Promise<unknown> = Promise.resolve()

  constructor(options: ContentKeeperOptions) {
    this.#options = options
  }

  describe(): ContentState {
    const { applied, current, directories } = this.#options
    const layerOf = (layer: number) => {
      if (layer === 0) return 'shipped' as const
      return layer < directories.length ? ('folder' as const) : ('applied' as const)
    }
    const { revision = 0, ...record } = applied.record ?? {}
    const items = current.loaded.objects.map(({ kind, name, file, layer, replaces }) => ({
      ...{ kind, name, file, layer: layerOf(layer) },
      ...(replaces === undefined ? {} : { replaces: layerOf(replaces) }),
    }))
    return { revision, ...record, items }
  }

  async changesOfOwn(): Promise<readonly ContentChange[]> {
    const { current, directories } = this.#options
    return compareContent(await readContentObjects([directories[0]]), current.loaded.objects)
  }

  plan(files: readonly ContentFile[]): Promise<ContentPlan> {
    return this.#inTurn(async () => {
      const { applied } = this.#options
      const folder = await applied.draft(files)
      try {
        return await this.#planOf(await this.#load(folder))
      } catch (thrown) {
        const faults = faultsOf(thrown, folder)
        if (faults === undefined) throw thrown
        return { revision: this.#revision, changes: [], machines: [], faults }
      } finally {
        await applied.forget()
      }
    })
  }

  apply(
    files: readonly ContentFile[],
    principal: string,
    expectedRevision?: number,
  ): Promise<ContentPlan> {
    return this.#inTurn(async () => {
      const { applied, clock, current, logger } = this.#options
      requireRevision('content', { revision: this.#revision }, expectedRevision)
      const folder = await applied.draft(files)
      const before = current.loaded
      try {
        const content = await this.#load(folder)
        const plan = await this.#planOf(content)
        await this.#take(content, () => applied.keep(clock.nowMs(), principal))
        logger.info({ revision: this.#revision, by: principal }, 'content applied')
        this.#record('applied', principal, {
          ...{ revision: this.#revision, files: content.files.length },
          changes: plan.changes
            .slice(0, mostFaults)
            .map(({ kind, name, change }) => `${change} ${kind} ${name}`),
        })
        return { ...plan, revision: this.#revision }
      } catch (thrown) {
        if (current.loaded === before) await applied.forget()
        const faults = faultsOf(thrown, folder)
        throw faults === undefined ? thrown : new ContentRefusedError(faults)
      }
    })
  }

  /** Reads the folders again; log and event say what came of it. Never rejects. */
  reload(): Promise<void> {
    return this.#inTurn(async () => {
      const { applied, logger } = this.#options
      try {
        const content = await this.#load(applied.folder)
        await this.#take(content, async () => undefined)
        const counts = { files: content.files.length, subnets: content.subnets.length }
        logger.info(counts, 'content read again')
        this.#record('reloaded', 'daemon', counts)
      } catch (thrown) {
        const code = thrown instanceof CodedError ? { code: thrown.code } : {}
        const reason = messageOf(thrown)
        logger.error({ ...code, reason }, 'content not taken: what was in force stays')
        this.#record('refused', 'daemon', { ...code, ...whatIsWrong(thrown, reason) })
      }
    })
  }

  get #revision(): number {
    return this.#options.applied.record?.revision ?? 0
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(work)
    this.#last = result.catch(() => undefined)
    return result
  }

  #load(folder: string | undefined): Promise<LoadedContent> {
    const { directories } = this.#options
    return loadContent(folder === undefined ? directories : [...directories, folder])
  }

  /** @param keep makes it last; where that fails, what was in force is in force again */
  async #take(content: LoadedContent, keep: () => Promise<void>): Promise<void> {
    const { current, serveSubnets } = this.#options
    await serveSubnets(content.subnets)
    try {
      await keep()
    } catch (thrown) {
      await serveSubnets(current.loaded.subnets)
      throw thrown
    }
    current.replace(content)
  }

  async #planOf(content: LoadedContent): Promise<ContentPlan> {
    const { current, listMachines } = this.#options
    const machines = await listMachines()
    return {
      revision: this.#revision,
      changes: [...compareContent(current.loaded.objects, content.objects)],
      faults: [],
      machines: machines.flatMap((machine) => machineFaults(machine, content)),
    }
  }

  #record(action: string, principal: string, body: Facts): void {
    const { events, clock } = this.#options
    const timeMs = clock.nowMs()
    events.record({ timeMs, type: 'content', action, key: 'folders', principal, body })
  }
}

type Facts = Parameters<EventSink['record']>[0]['body']

/** Of files that came over the API, as those who sent them know them. */
function faultsOf(thrown: unknown, folder: string): ContentFault[] | undefined {
  if (!(thrown instanceof DocumentInvalidError)) return undefined
  return thrown.faults.map((fault) => ({
    ...fault,
    file: fault.file.startsWith(`${folder}/`) ? fault.file.slice(folder.length + 1) : fault.file,
  }))
}

function whatIsWrong(thrown: unknown, reason: string): Facts {
  if (!(thrown instanceof DocumentInvalidError)) return { reason }
  const faults = thrown.faults.slice(0, mostFaults).map(({ file, line, column, path, message }) => {
    const what = path === '' ? message : `${path}: ${message}`
    return `${file}:${line}:${column} ${what}`
  })
  return { reason: reason.split('\n')[0] ?? reason, faults }
}
