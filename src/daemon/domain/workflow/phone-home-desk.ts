import type { Clock } from '../../../base/clock.ts'
import type { Ipv4Address } from '../../../base/ipv4-address.ts'
import type { Logger } from '../../../base/logger.ts'
import type { Secrets } from '../bootenv/secrets.ts'
import type { PhoneHomeDesk } from '../machine/agent-desk.ts'
import type { EngineState } from './engine-state.ts'
import type { RunKeeper } from './run-keeper.ts'

export interface PhoneHomeDeskOptions {
  readonly state: EngineState
  readonly keeper: RunKeeper
  readonly clock: Clock
  readonly secrets: Secrets
  readonly logger: Logger
}

/** Hears the installed system's one call, and knows a repeat of it. */
export function createPhoneHomeDesk(options: PhoneHomeDeskOptions): PhoneHomeDesk {
  return {
    phoneHome: (nonce, address) =>
      options.state.exclusively(() => hear(options, options.secrets.hashOf(nonce), address)),
  }
}

async function hear(
  { state, keeper, clock, logger }: PhoneHomeDeskOptions,
  nonceHash: string,
  address: Ipv4Address | undefined,
): Promise<'known' | 'unknown'> {
  const nonce = await state.store.findNonce(nonceHash)
  if (nonce === undefined) return 'unknown'
  const machine = state.machine(nonce.machineId)
  const run = state.runOf(nonce.machineId)
  if (machine === undefined || run?.id !== nonce.runId || nonce.usedAtMs !== undefined) {
    return 'known'
  }
  const nowMs = clock.nowMs()
  const seen = { ...machine, lastSeenAtMs: nowMs, ...(address === undefined ? {} : { address }) }
  const step = keeper.begin(seen, `machine:${machine.name}`)
  if (step.feed({ kind: 'phone-home' })) {
    step.addNonce({ ...nonce, usedAtMs: nowMs })
    await keeper.store(step)
  } else {
    logger.warn({ runId: run.id, machine: machine.name }, 'a system called home before its restart')
  }
  return 'known'
}
