import type { Exchange } from './exchanges.ts'
import type { TransferPort } from './transfer-port.ts'
import type { UnprovenBudget } from './unproven-budget.ts'

export interface HeldBackPortOptions {
  readonly exchange: Exchange
  readonly budget: UnprovenBudget
  readonly onHeldBack: () => void
}

/** A port that sends a client which has not answered yet only as much as the budget allows. */
export function heldBackPort(
  port: TransferPort,
  { exchange, budget, onHeldBack }: HeldBackPortOptions,
): TransferPort {
  const mayLeave = (bytes: Uint8Array): boolean => {
    if (exchange.isProven) return true
    const isWithin = budget.take(exchange.clientAddress, bytes.length)
    if (isWithin) exchange.unprovenBytes += bytes.length
    else onHeldBack()
    return isWithin
  }
  return {
    send: (bytes) => {
      if (mayLeave(bytes)) port.send(bytes)
    },
    sendRow: (bytes, datagramBytes) => {
      if (mayLeave(bytes)) port.sendRow(bytes, datagramBytes)
    },
    close: () => port.close(),
  }
}
