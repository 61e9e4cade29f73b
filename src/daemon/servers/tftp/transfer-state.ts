import type { TftpNegotiation } from '../../../protocol/tftp/negotiate-tftp-options.ts'

/**
 * The sender's side of one TFTP transfer (RFC 1350, 2347, 7440) as a reducer: no socket, no timer, no
 * file. Blocks are counted from 1 without wrapping; the 16 bits on the wire are their remainder.
 */
export interface TransferState {
  readonly negotiation: TftpNegotiation
  /** Number of the last block, the short or empty one. */
  readonly lastBlock: number
  /** `negotiating` until ACK 0 answers the OACK. */
  readonly phase: 'negotiating' | 'sending'
  /** Every block up to this one has been acknowledged. */
  readonly acknowledgedBlock: number
  /** Highest block sent so far in the current window. */
  readonly sentBlock: number
  /** Time-outs in a row since the last progress. */
  readonly retransmissions: number
  /** Since the last progress. */
  readonly waitedMs: number
}

export type TransferEvent =
  | { readonly kind: 'acknowledged'; readonly block: number }
  | { readonly kind: 'timed-out' }
  | { readonly kind: 'refused'; readonly errorCode: number; readonly message: string }

export type TransferOutcome =
  | { readonly kind: 'sent' }
  /** A look at the size, ended by the client on purpose: EDK2 sends ERROR 8, iPXE ERROR 0. */
  | { readonly kind: 'probed' }
  | { readonly kind: 'failed'; readonly reason: string }

export type TransferAction =
  | { readonly kind: 'send-option-acknowledgement'; readonly waitMs: number }
  | {
      readonly kind: 'send-blocks'
      readonly firstBlock: number
      readonly lastBlock: number
      readonly waitMs: number
    }
  /** Nothing to send; the timer that runs keeps running. */
  | { readonly kind: 'wait' }
  | { readonly kind: 'finish'; readonly outcome: TransferOutcome }

export interface TransferStep {
  readonly state: TransferState
  readonly action: TransferAction
}

const mostRetransmissions = 5
/** The wait doubles up to this, unless the client asked for a longer one. */
const longestBackOffMs = 4000
/** Nobody waits longer than this for a client that has gone. */
const longestSilenceMs = 120_000
/** When only the last acknowledgement is missing, which some clients never send. */
const longestFinalSilenceMs = 15_000

/** The first packet of a transfer: an OACK when options were accepted, else the first block. */
export function beginTransfer(negotiation: TftpNegotiation, fileBytes: number): TransferStep {
  const state: TransferState = {
    negotiation,
    lastBlock: Math.floor(fileBytes / negotiation.settings.blockBytes) + 1,
    phase: negotiation.accepted.size > 0 ? 'negotiating' : 'sending',
    acknowledgedBlock: 0,
    sentBlock: 0,
    retransmissions: 0,
    waitedMs: 0,
  }
  return sendNext(state)
}

/** What one event does to a transfer. */
export function stepTransfer(state: TransferState, event: TransferEvent): TransferStep {
  switch (event.kind) {
    case 'acknowledged':
      return acknowledge(state, event.block)
    case 'timed-out':
      return timeOut(state)
    case 'refused':
      break
  }
  return finish(state, refusalOutcome(state, event))
}

/**
 * An ACK inside the window moves it; an ACK of the middle of a window says that the rest was lost
 * (RFC 7440 §4), so sending goes on right behind it. Any other ACK is a duplicate or a stray and
 * sends nothing: only a time-out may resend (RFC 1123 §4.2.3.1, the Sorcerer's Apprentice).
 */
function acknowledge(state: TransferState, block: number): TransferStep {
  if (state.phase === 'negotiating') {
    return block === 0 ? sendNext({ ...state, phase: 'sending', ...progress }) : wait(state)
  }
  const advance = (block - state.acknowledgedBlock) & 0xffff
  const acknowledgedBlock = state.acknowledgedBlock + advance
  if (advance === 0 || acknowledgedBlock > state.sentBlock) return wait(state)
  if (acknowledgedBlock === state.lastBlock) {
    return finish({ ...state, acknowledgedBlock }, { kind: 'sent' })
  }
  return sendNext({ ...state, acknowledgedBlock, ...progress })
}

function timeOut(state: TransferState): TransferStep {
  const waitedMs = state.waitedMs + waitMs(state)
  const onlyLastMissing = state.sentBlock === state.lastBlock
  const patienceMs = onlyLastMissing ? longestFinalSilenceMs : longestSilenceMs
  if (state.retransmissions >= mostRetransmissions || waitedMs >= patienceMs) {
    const outcome: TransferOutcome = onlyLastMissing
      ? { kind: 'sent' }
      : { kind: 'failed', reason: 'the client stopped answering' }
    return finish(state, outcome)
  }
  return sendNext({ ...state, retransmissions: state.retransmissions + 1, waitedMs })
}

function refusalOutcome(
  state: TransferState,
  refusal: { readonly errorCode: number; readonly message: string },
): TransferOutcome {
  const onPurpose = refusal.errorCode === 8 || refusal.errorCode === 0
  const nothingTaken = state.acknowledgedBlock === 0
  if (onPurpose && nothingTaken && state.negotiation.accepted.has('tsize')) {
    return { kind: 'probed' }
  }
  return {
    kind: 'failed',
    reason: `the client ended it: error ${refusal.errorCode} ${refusal.message}`.trim(),
  }
}

const progress = { retransmissions: 0, waitedMs: 0 } as const

function sendNext(state: TransferState): TransferStep {
  if (state.phase === 'negotiating') {
    return { state, action: { kind: 'send-option-acknowledgement', waitMs: waitMs(state) } }
  }
  const firstBlock = state.acknowledgedBlock + 1
  const lastBlock = Math.min(
    state.acknowledgedBlock + state.negotiation.settings.windowBlocks,
    state.lastBlock,
  )
  return {
    state: { ...state, sentBlock: lastBlock },
    action: { kind: 'send-blocks', firstBlock, lastBlock, waitMs: waitMs(state) },
  }
}

function waitMs(state: TransferState): number {
  const { timeoutMs } = state.negotiation.settings
  return Math.min(timeoutMs * 2 ** state.retransmissions, Math.max(timeoutMs, longestBackOffMs))
}

const wait = (state: TransferState): TransferStep => ({ state, action: { kind: 'wait' } })

const finish = (state: TransferState, outcome: TransferOutcome): TransferStep => ({
  state,
  action: { kind: 'finish', outcome },
})
