import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { describe, expect, it } from 'vitest'

import { CancelledError } from '../../../../src/agent/cancelled-error.ts'
import { runScript } from '../../../../src/agent/tasks/script.ts'
import { createTaskContext } from '../../../fakes/agent-world.ts'

const world = { reboot: async () => undefined, poweroff: async () => undefined }

const run = (script: string, environment: Record<string, string> = {}, signal?: AbortSignal) => {
  const context = createTaskContext(signal)
  const outcome = runScript(world, { action: 'script', script, environment }, context)
  return { context, outcome }
}

describe('runScript, when things go wrong', () => {
  it('every exit code that is no promise is a failure, and says which', async () => {
    for (const code of [1, 15, 17, 48, 96, 127, 129, 255]) {
      await expect(run(`exit ${code}`).outcome).rejects.toMatchObject({
        code: 'ERR_SCRIPT_FAILED',
        exitCode: code,
      })
    }
  })

  it('E04: a script that is stopped takes everything that it started with it', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'script-test-'))
    const marker = join(directory, 'pid')
    const abort = new AbortController()
    const script = `trap '' TERM; (trap '' TERM; sleep 60) & echo $! > ${marker}; wait; sleep 60`
    const { outcome } = run(script, {}, abort.signal)
    const ended = outcome.catch((error: unknown) => error)
    while (!existsSync(marker) || readFileSync(marker, 'utf8') === '') await sleep(10)
    abort.abort(new CancelledError())
    expect(await ended).toMatchObject({ code: 'ERR_SCRIPT_FAILED' })
    const pid = Number(readFileSync(marker, 'utf8'))
    while (existsSync(`/proc/${pid}/exe`)) await sleep(10)
    rmSync(directory, { recursive: true })
  }, 15_000)

  it('does not wait for what the script leaves behind, and leaves nothing behind', async () => {
    const { outcome, context } = run('sleep 60 & echo $!; exit 0')
    expect(await outcome).toEqual({ facts: { exitCode: 0 } })
    const pid = Number(context.lines[0])
    while (existsSync(`/proc/${pid}/exe`)) await sleep(10)
  })
})

describe('runScript', () => {
  it('hands out secrets as variables, and keeps them out of the log when the script prints them', async () => {
    const context = createTaskContext()
    const script = 'echo "a $REPAVE_PARAM_KEY b"; test "$REPAVE_PARAM_KEY" = "s3cr3t.*" && env'
    const environment = { REPAVE_PARAM_KEY: 's3cr3t.*', REPAVE_PARAM_PLAIN: 'seen' }
    const secretVariables = ['REPAVE_PARAM_KEY']
    const order = { action: 'script' as const, script, environment, secretVariables }
    expect(await runScript(world, order, context)).toEqual({ facts: { exitCode: 0 } })
    expect(context.lines).toContain('a [REPAVE_PARAM_KEY] b')
    expect(context.lines).toContain('REPAVE_PARAM_PLAIN=seen')
    expect(context.lines.join()).not.toContain('s3cr3t')
  })

  it('speaks all eight exit codes of Digital Rebar', async () => {
    const ends: Record<number, unknown> = {
      0: undefined,
      16: undefined,
      32: world.poweroff,
      64: world.reboot,
      128: undefined,
      144: undefined,
      160: world.poweroff,
      192: world.reboot,
    }
    for (const [code, afterAcknowledged] of Object.entries(ends)) {
      expect(await run(`exit ${code}`).outcome).toEqual({
        facts: { exitCode: Number(code) },
        ...(afterAcknowledged === undefined ? {} : { afterAcknowledged }),
      })
    }
  })

  it('E09: what it learns of its place comes as variables that no shell reads', async () => {
    const hostile = `$(touch /tmp/x); "quoted" 'single' \`tick\`\nsecond && line`
    const { outcome, context } = run('printf "%s" "$REPAVE_MACHINE"', { REPAVE_MACHINE: hostile })
    await outcome
    expect(context.lines.join('\n')).toBe(hostile)
  })

  it('its lines are logged, whole and cut where they never end', async () => {
    const { outcome, context } = run('echo one; echo two >&2; head -c 5000 /dev/zero | tr "\\0" x')
    await outcome
    expect(context.lines.filter((line) => line.length < 10).sort()).toEqual(['one', 'two'])
    expect(context.lines.filter((line) => line.startsWith('x')).map((line) => line.length)).toEqual(
      [2000, 2000, 1000],
    )
  })
})
