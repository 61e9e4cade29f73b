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

  #prepare(query: CompiledQuery): Statement {
    let statement = this.#prepared.get(query.sql)
    if (statement === undefined) {
      statement = this.#database.prepare(query.sql)
      this.#prepared.set(query.sql, statement)
    }
    return statement
  }
}
