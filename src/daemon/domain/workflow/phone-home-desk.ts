import type { Clock } from '../../../base/clock.ts'
import type { Ipv4Address } from '../../../base/ipv4-address.ts'
import type { Logger } from '../../../base/logger.ts'
import type { Secrets } from '../bootenv/secrets.ts'
import type { EndedScript, PhoneHomeDesk } from '../machine/agent-desk.ts'
import type { EngineState } from './engine-state.ts'
import type { RunKeeper } from './run-keeper.ts'
import { currentTask, isEnded } from './run-step.ts'

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
    scriptEnded: (nonce, ended) =>
      options.state.exclusively(() => hearScript(options, options.secrets.hashOf(nonce), ended)),
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

async function hearScript(
  { state, keeper }: PhoneHomeDeskOptions,
  nonceHash: string,
  { task, exitCode, output }: EndedScript,
): Promise<'go-on' | 'stop' | 'unknown'> {
  const nonce = await state.store.findNonce(nonceHash)
  if (nonce === undefined) return 'unknown'
  const machine = state.machine(nonce.machineId)
  const run = state.runOf(nonce.machineId)
  if (machine === undefined || run?.id !== nonce.runId) return 'stop'
  const step = keeper.begin(machine, `machine:${machine.name}`)
  const said = output.trim().slice(-1000)
  const message = `${task} ended with ${exitCode} on the new system${said === '' ? '' : `: ${said}`}`
  const failure = { code: 'ERR_SYSTEM_SCRIPT_FAILED', message, retryable: false }
  const ended = exitCode === 0 ? {} : { failure }
  if (step.feed({ kind: 'system-script', task, ...ended })) await keeper.store(step)
  const after = step.run ?? run
  const isNext = !isEnded(after) && currentTask(after)?.state === 'running'
  return isNext ? 'go-on' : 'stop'
}
