import { spawn } from 'node:child_process'

import { inertText } from '../../base/ascii.ts'
import { messageOf } from '../../base/coded-error.ts'
import type { Failure } from '../../contract/run.ts'
import type { HookSetting } from '../configuration/settings.ts'
import type { HookCall, HookCaller, HookOutcome } from '../domain/workflow/hook-caller.ts'

/** What a command prints is kept up to here. */
const keptOutputCharacters = 16_384
/** sysexits.h: the command fails now and may not the next time. */
const temporaryFailure = 75

/**
 * The hooks of `repave.yaml`. A webhook gets the call as JSON by POST and says that it went well with a
 * status of 2xx. A command gets it on its standard input and as variables, is run without a shell, and
 * says so with exit code 0; 75 asks to be called again. What it prints belongs to the log of the run.
 */
export function siteHooks(settings: Readonly<Record<string, HookSetting>>): HookCaller {
  return {
    has: (hook) => Object.hasOwn(settings, hook),
    async call(call, signal) {
      const setting = Object.hasOwn(settings, call.hook) ? settings[call.hook] : undefined
      if (setting === undefined) {
        return { lines: [], failure: failure(call, 'the daemon has none of that name', false) }
      }
      return 'url' in setting
        ? { lines: [], ...(await callUrl(setting, call, signal)) }
        : callCommand(setting.command, call, signal)
    },
  }
}

async function callUrl(
  { url, headers }: Extract<HookSetting, { url: string }>,
  call: HookCall,
  signal: AbortSignal,
): Promise<Pick<HookOutcome, 'failure'>> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      // Where it may go stands in the configuration, and nowhere else.
      redirect: 'error',
      headers: {
        ...headers,
        'content-type': 'application/json',
        'idempotency-key': call.attemptId,
      },
      body: JSON.stringify(call),
      signal,
    })
    await response.body?.cancel()
    if (response.ok) return {}
    const mayPass = response.status >= 500 || response.status === 429
    return { failure: failure(call, `it answered ${response.status}`, mayPass) }
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
    return { failure: failure(call, messageOf(cause), true) }
  }
}

function callCommand(
  [program = '', ...words]: readonly string[],
  call: HookCall,
  signal: AbortSignal,
): Promise<HookOutcome> {
  return new Promise((resolve) => {
    const child = spawn(program, words, {
      env: { ...inherited(), ...variablesOf(call) },
      stdio: ['pipe', 'pipe', 'pipe'],
      signal,
      killSignal: 'SIGKILL',
    })
    let said = ''
    const listen = (part: string) => {
      said += part.slice(0, keptOutputCharacters - said.length)
    }
    child.stdout.setEncoding('utf8').on('data', listen)
    child.stderr.setEncoding('utf8').on('data', listen)
    // A command that reads nothing closes its end.
    child.stdin.on('error', () => undefined)
    child.stdin.end(JSON.stringify(call))
    child.on('error', (error) => {
      resolve({ lines: linesOf(said), failure: failure(call, messageOf(error), false) })
    })
    child.on('close', (code, ended) => {
      const lines = linesOf(said)
      if (code === 0) return resolve({ lines })
      const how = code === null ? `it was ended by ${ended ?? 'a signal'}` : `exit code ${code}`
      const reason = [how, said.trim()].filter((part) => part !== '').join(': ')
      resolve({ lines, failure: failure(call, reason, code === temporaryFailure) })
    })
  })
}

function linesOf(said: string): string[] {
  const lines = said.split(/\r?\n/).filter((line) => line.trim() !== '')
  return lines.map((line) => inertText(line, 2000))
}

/** No secret of the daemon's own surroundings is handed on. */
function inherited(): Record<string, string> {
  const { PATH = '/usr/bin:/bin', HOME = '/', LANG = 'C.UTF-8' } = process.env
  return { PATH, HOME, LANG }
}

function variablesOf(call: HookCall): Record<string, string> {
  return {
    REPAVE_HOOK: call.hook,
    REPAVE_STAGE: call.stage,
    REPAVE_TASK: call.task,
    REPAVE_ATTEMPT: call.attemptId,
    REPAVE_RUN: call.runId,
    REPAVE_WORKFLOW: call.workflow,
    REPAVE_MACHINE: call.machineName,
    REPAVE_MACHINE_ID: call.machineId,
    REPAVE_MAC: call.macAddresses[0] ?? '',
    REPAVE_ADDRESS: call.address ?? '',
    REPAVE_IMAGE: call.imageName ?? '',
  }
}

function failure({ hook }: HookCall, reason: string, retryable: boolean): Failure {
  const message = `hook ${hook}: ${inertText(reason, 1000)}`
  return { code: 'ERR_HOOK_FAILED', message, retryable }
}
