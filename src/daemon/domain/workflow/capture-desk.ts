import type { Run } from '../../../contract/run.ts'
import type { Secrets } from '../bootenv/secrets.ts'
import type { CaptureDesk } from '../image/capture-spool.ts'
import type { EngineState } from './engine-state.ts'
import { currentTask } from './run-step.ts'

/** Tells a capture by the secret word of its run, and by the attempt under way. */
export function createCaptureDesk({
  state,
  secrets,
}: {
  readonly state: EngineState
  readonly secrets: Secrets
}): CaptureDesk {
  return {
    async captureOf(key, attemptId) {
      const nonce = await state.store.findNonce(secrets.hashOf(key))
      const run = nonce === undefined ? undefined : state.runOf(nonce.machineId)
      if (run === undefined || run.id !== nonce?.runId) return undefined
      const current = currentTask(run)
      const isCapturing =
        current?.task.action === 'capture-image' &&
        current.state === 'running' &&
        current.attemptId === attemptId
      const { captureName } = run.params
      if (!isCapturing || captureName === undefined || run.disk === undefined) return undefined
      return {
        runId: run.id,
        machineName: run.machineName,
        imageName: captureName,
        imageVersion: run.params.captureVersion ?? versionOf(run),
        diskBytes: run.disk.sizeBytes,
      }
    },
  }
}

/** `2026-11-25T0512`: when it was asked for, in UTC. */
function versionOf({ createdAtMs }: Run): string {
  // oxlint-disable-next-line no-restricted-globals -- writes out a moment that is given, reads no clock
  return new Date(createdAtMs).toISOString().slice(0, 16).replaceAll(':', '')
}
