import { tokenFactsSchema } from '../../../contract/access.ts'
import type { AccessToken, TokenStore } from '../../domain/access/access-token.ts'
import type { Journal } from './journal.ts'
import type { Statements } from './statements.ts'
import { sqlBuilder } from './tables.ts'

export function createTokenStore(journal: Journal, statements: Statements): TokenStore {
  return {
    async readTokens() {
      const rows = statements.all(sqlBuilder.selectFrom('token').selectAll().orderBy('createdAtMs'))
      return rows.map(({ document, secretHash }) => ({
        ...tokenFactsSchema.parse(JSON.parse(document)),
        secretHash,
      }))
    },
    addToken({ secretHash, ...facts }: AccessToken, event) {
      const { id, name, createdAtMs } = facts
      const row = { id, name, secretHash, createdAtMs, document: JSON.stringify(facts) }
      return journal.submit((append) => {
        statements.run(sqlBuilder.insertInto('token').values(row))
        append(event)
      })
    },
    removeToken(id, event) {
      return journal.submit((append) => {
        statements.run(sqlBuilder.deleteFrom('token').where('id', '=', id))
        append(event)
      })
    },
  }
}
