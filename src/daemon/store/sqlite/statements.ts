import type { Database, Statement } from 'better-sqlite3'
import type { Compilable, CompiledQuery } from 'kysely'

/** Runs kysely's queries synchronously on the one connection, each text prepared once. */
export class Statements {
  readonly #database: Database
  readonly #prepared = new Map<string, Statement>()

  constructor(database: Database) {
    this.#database = database
  }

  all<Row>(query: Compilable<Row>): Row[] {
    const compiled = query.compile()
    return this.#prepare(compiled).all(...compiled.parameters) as Row[]
  }

  first<Row>(query: Compilable<Row>): Row | undefined {
    const compiled = query.compile()
    return this.#prepare(compiled).get(...compiled.parameters) as Row | undefined
  }

  /** Returns the row number of what was inserted last. */
  run(query: Compilable): number {
    const compiled = query.compile()
    return Number(this.#prepare(compiled).run(...compiled.parameters).lastInsertRowid)
  }

  /** Inserts with a text that is known; returns the row's number. */
  insert(sql: string, parameters: readonly (string | number | null)[]): number {
    return Number(this.#prepareText(sql).run(...parameters).lastInsertRowid)
  }

  #prepare(query: CompiledQuery): Statement {
    return this.#prepareText(query.sql)
  }

  #prepareText(sql: string): Statement {
    let statement = this.#prepared.get(sql)
    if (statement === undefined) {
      statement = this.#database.prepare(sql)
      this.#prepared.set(sql, statement)
    }
    return statement
  }
}
