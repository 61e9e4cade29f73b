import type { TftpTransfer } from './tftp-transfer.ts'

export interface TftpLimits {
  /** Transfers at one time, all clients together. @default 250 */
  readonly transfers: number
  /** Transfers at one time from one address. @default 32 */
  readonly transfersPerClient: number
}

/** One request that is being answered, from its arrival on. */
export interface Exchange {
  readonly clientAddress: string
  /** The request's own words, to recognise its retransmission. */
  readonly request: string
  transfer?: TftpTransfer
  /** Whether anything has come back from the client: until then its address may be forged. */
  isProven: boolean
  /** Sent before the client was proven. */
  unprovenBytes: number
  /** It had to make room. */
  isDisplaced: boolean
}

/** Why no place is given: `repeated` by a client that did not wait, or `full` with others under way. */
export type NoPlace = 'repeated' | 'full'

/**
 * The exchanges under way, by their client's address and port. When there is no place left, the one
 * that has waited the longest for its client's first answer makes room: a flood of forged requests
 * keeps nobody out who answers, and who is being served is served to the end.
 */
export class Exchanges {
  readonly #byPeer = new Map<string, Exchange>()
  readonly #limits: TftpLimits

  constructor(limits: Partial<TftpLimits> = {}) {
    this.#limits = { transfers: 250, transfersPerClient: 32, ...limits }
  }

  get size(): number {
    return this.#byPeer.size
  }

  get(peerKey: string): Exchange | undefined {
    return this.#byPeer.get(peerKey)
  }

  begin(peerKey: string, clientAddress: string, request: string): Exchange | NoPlace {
    const previous = this.#byPeer.get(peerKey)
    if (previous?.request === request && previous.transfer?.hasProgress !== true) return 'repeated'
    if (previous === undefined && !this.#makeRoom(clientAddress)) return 'full'
    // The same peer asked anew: it no longer listens to what it asked for before.
    previous?.transfer?.supersede()
    const facts = { isProven: false, unprovenBytes: 0, isDisplaced: false }
    const exchange: Exchange = { clientAddress, request, ...facts }
    this.#byPeer.delete(peerKey)
    this.#byPeer.set(peerKey, exchange)
    return exchange
  }

  end(peerKey: string, exchange: Exchange): void {
    if (this.#byPeer.get(peerKey) === exchange) this.#byPeer.delete(peerKey)
  }

  abortAll(reason: string): void {
    for (const { transfer } of this.#byPeer.values()) transfer?.abort(reason)
  }

  #makeRoom(clientAddress: string): boolean {
    const mine = [...this.#byPeer].filter(([, other]) => other.clientAddress === clientAddress)
    if (mine.length >= this.#limits.transfersPerClient) return this.#displace(mine)
    return this.#byPeer.size < this.#limits.transfers || this.#displace([...this.#byPeer])
  }

  /** Oldest first, as they were begun. */
  #displace(candidates: readonly (readonly [string, Exchange])[]): boolean {
    const found = candidates.find(([, { transfer, isProven }]) => transfer && !isProven)
    if (found === undefined) return false
    const [peerKey, exchange] = found
    exchange.isDisplaced = true
    this.#byPeer.delete(peerKey)
    exchange.transfer?.fail('the client never answered')
    return true
  }
}
