import type { AnswerStore } from '../../domain/access/answer-store.ts'
import type { Journal } from './journal.ts'
import type { Statements } from './statements.ts'
import { sqlBuilder } from './tables.ts'

export function createAnswerStore(journal: Journal, statements: Statements): AnswerStore {
  return {
    async findAnswer(key) {
      const query = sqlBuilder.selectFrom('answer').selectAll().where('key', '=', key)
      return journal.read(() => statements.first(query))
    },
    keepAnswer(answer) {
      return journal.submit(() => {
        statements.run(
          sqlBuilder
            .insertInto('answer')
            .values(answer)
            .onConflict((conflict) => conflict.column('key').doNothing()),
        )
      })
    },
    forgetAnswers(beforeMs) {
      return journal.submit(() => {
        statements.run(sqlBuilder.deleteFrom('answer').where('createdAtMs', '<', beforeMs))
      })
    },
  }
}
