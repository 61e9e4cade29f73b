import { setImmediate as nextTurn } from 'node:timers/promises'

import type { Run } from '../../../contract/run.ts'
import type { Journal } from './journal.ts'
import { runFromDocument } from './run-document.ts'
import type { Statements } from './statements.ts'
import { sqlBuilder } from './tables.ts'

/** How many are told of; older ones are found by their id. */
const maximumEndedRuns = 1000

/** A fifth of a millisecond each: a lease must not wait for all of them. */
const readInOneTurn = 20

/** The newest runs that have ended. They do not change any more, so that each is read once. */
export class EndedRuns {
  readonly #journal: Journal
  readonly #statements: Statements
  #known: ReadonlyMap<string, Run> = new Map()

  constructor(journal: Journal, statements: Statements) {
    this.#journal = journal
    this.#statements = statements
  }

  /** Oldest first. */
  async readNewest(): Promise<readonly Run[]> {
    const newest = sqlBuilder
      .selectFrom('run')
      .select('id')
      .where('ended', '=', 1)
      .orderBy('createdAtMs', 'desc')
      .limit(maximumEndedRuns)
    const rows = await this.#journal.read(() => this.#statements.all(newest))
    const known = this.#known
    const runs = new Map<string, Run>()
    let unread = 0
    for (const { id } of rows.toReversed()) {
      const run = known.get(id) ?? this.#read(id)
      runs.set(id, run)
      if (!known.has(id) && ++unread % readInOneTurn === 0) await nextTurn()
    }
    this.#known = runs
    return [...runs.values()]
  }

  #read(id: string): Run {
    const query = sqlBuilder.selectFrom('run').select('document').where('id', '=', id)
    return runFromDocument(this.#statements.first(query)?.document ?? '')
  }
}
