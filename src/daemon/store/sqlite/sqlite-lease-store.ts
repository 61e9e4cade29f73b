import type { Ipv4Address } from '../../../base/ipv4-address.ts'
import type { MacAddress } from '../../../base/mac-address.ts'
import type { Lease, LeaseStore } from '../../domain/lease/lease-store.ts'
import type { Journal } from './journal.ts'
import type { Statements } from './statements.ts'
import { sqlBuilder } from './tables.ts'

export function createLeaseStore(journal: Journal, statements: Statements): LeaseStore {
  return {
    async readLeases() {
      return statements.all(sqlBuilder.selectFrom('lease').selectAll()).map((row) => ({
        ...row,
        address: row.address as Ipv4Address,
        macAddress: row.macAddress as MacAddress,
      }))
    },
    writeLease({ address, macAddress, expiresAtMs, state }: Lease) {
      const values = { address, macAddress, expiresAtMs, state }
      return journal.submit(() => {
        statements.run(
          sqlBuilder
            .insertInto('lease')
            .values(values)
            .onConflict((conflict) => conflict.column('address').doUpdateSet(values)),
        )
      })
    },
    deleteLease(address: Ipv4Address) {
      return journal.submit(() => {
        statements.run(sqlBuilder.deleteFrom('lease').where('address', '=', address))
      })
    },
  }
}
