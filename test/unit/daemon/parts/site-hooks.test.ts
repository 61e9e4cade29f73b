import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import { describe, expect, it } from 'vitest'

import {
  configFileSchema,
  type HookSetting,
} from '../../../../src/daemon/configuration/settings.ts'
import type { HookCall } from '../../../../src/daemon/domain/workflow/hook-caller.ts'
import { siteHooks } from '../../../../src/daemon/parts/site-hooks.ts'

const signal = new AbortController().signal
const callOf = (hook: string): HookCall => ({
  ...{ hook, stage: 'drain', task: 'drain', attemptId: 'a', runId: 'r', workflow: 'w' },
  ...{ machineId: 'm', machineName: "node-1'; touch /tmp/x", macAddresses: ['52:54:00:00:00:01'] },
  ...{ labels: {}, params: {} },
})
const outcomeOf = (setting: HookSetting, stop = signal) =>
  siteHooks({ one: setting }).call(callOf('one'), stop)
const call = async (setting: HookSetting, stop = signal) => (await outcomeOf(setting, stop)).failure
const command = (...words: string[]) => call({ command: words })

async function withServer(status: number, work: (url: string) => Promise<void>): Promise<void> {
  const server = createServer((_request, response) => {
    response.writeHead(status, { location: '/elsewhere' }).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  server.close()
}

describe('siteHooks', () => {
  it('knows the names of the configuration, and no member that every object has', async () => {
    const hooks = siteHooks({})
    expect(hooks.has('constructor')).toBe(false)
    expect(await hooks.call(callOf('constructor'), signal)).toMatchObject({
      failure: { code: 'ERR_HOOK_FAILED', retryable: false },
    })
  })

  it('a command that fails says how, with what it printed; 75 asks for another try', async () => {
    expect(await command('sh', '-c', 'echo no such pool >&2; exit 3')).toMatchObject({
      message: 'hook one: exit code 3: no such pool',
      retryable: false,
    })
    expect(await command('sh', '-c', 'exit 75')).toMatchObject({ retryable: true })
    expect(await command('/nowhere/program')).toMatchObject({ retryable: false })
    expect(await command('true')).toBeUndefined()
  })

  it('tells what a command printed, inert and up to a limit, however it ended', async () => {
    const said = (script: string) => outcomeOf({ command: ['sh', '-c', script] })
    expect(await said('echo draining; echo; printf "pool \\033[2Jempty" >&2')).toEqual({
      lines: ['draining', 'pool ?[2Jempty'],
    })
    expect(await said('echo draining; exit 3')).toMatchObject({
      lines: ['draining'],
      failure: { message: 'hook one: exit code 3: draining' },
    })
    const { lines } = await said('yes | head -c 1000000')
    expect(lines).toHaveLength(8192)
  })

  it('E09: no shell reads what it is told, and no secret of the daemon is handed on', async () => {
    process.env['REPAVE_SECRET_TOKEN'] = 'secret'
    const failure = await command(
      'sh',
      '-c',
      'printf %s "$REPAVE_MACHINE"; env | grep -c SECRET; exit 1',
    )
    delete process.env['REPAVE_SECRET_TOKEN']
    expect(failure?.message).toBe("hook one: exit code 1: node-1'; touch /tmp/x0")
  })

  it('E05: a command that is stopped ends', async () => {
    const stopped = await call({ command: ['sleep', '60'] }, AbortSignal.timeout(50))
    expect(stopped).toMatchObject({ code: 'ERR_HOOK_FAILED' })
  })

  it('a webhook fails for good or for now by its status, and is not led elsewhere', async () => {
    for (const [status, retryable] of [
      [404, false],
      [429, true],
      [503, true],
    ] as const) {
      await withServer(status, async (url) => {
        expect(await call({ url, headers: {} })).toMatchObject({
          message: `hook one: it answered ${status}`,
          retryable,
        })
      })
    }
    await withServer(302, async (url) => {
      expect(await call({ url, headers: {} })).toMatchObject({ code: 'ERR_HOOK_FAILED' })
    })
    await withServer(204, async (url) => expect(await call({ url, headers: {} })).toBeUndefined())
  })

  it('a server that is not there may come back', async () => {
    expect(await call({ url: 'http://127.0.0.1:1/', headers: {} })).toMatchObject({
      retryable: true,
    })
  })

  it('the configuration takes a URL or a list of words, and nothing in between', () => {
    const hooks = (hook: unknown) => configFileSchema.safeParse({ hooks: { drain: hook } }).success
    expect(hooks({ url: 'https://lb.example.com/drain' })).toBe(true)
    expect(hooks({ command: ['/bin/drain', '--now'] })).toBe(true)
    for (const wrong of [
      'drain',
      { command: 'drain --now' },
      { command: [] },
      { url: 'file:///etc' },
    ]) {
      expect(hooks(wrong)).toBe(false)
    }
  })
})
