import { appendFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'

import type { FastifyInstance } from 'fastify'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { runInWorld } from '../../../src/cli/main.ts'
import { createOperatorApp } from '../../../src/daemon/api/operator-app.ts'
import { MemoryOperatorServices } from '../../fakes/memory-operator-services.ts'

const macAddress = '52:54:00:00:00:01'
let folder: string
let log: string
let app: FastifyInstance

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'repave-console-'))
  log = join(folder, 'logs', 'serial.log')
  await mkdir(join(folder, 'logs'))
  const services = new MemoryOperatorServices()
  await services.machines.addMachine({ name: 'node-1', macAddress, onBoot: 'local' })
  app = await createOperatorApp(services, 'unix')
  await app.listen({ path: join(folder, 'api.sock') })
})
afterEach(async () => {
  await app.close()
  await rm(folder, { recursive: true })
})

const keepConsoles = (consoles: unknown) =>
  writeFile(join(folder, 'consoles.json'), JSON.stringify({ consoles }))
const keepLog = () => keepConsoles([{ macAddress, logFile: 'logs/serial.log' }])

function begin(...words: string[]) {
  const interruption = new AbortController()
  const text = { out: '', err: '' }
  const stdout = new PassThrough().on('data', (part) => (text.out += String(part)))
  const stderr = new PassThrough().on('data', (part) => (text.err += String(part)))
  const exitCode = runInWorld(
    ['machine', 'console', 'node-1', ...words, '--socket', join(folder, 'api.sock')],
    {
      ...{ stdout, stderr, stdin: new PassThrough(), environment: {}, isRoot: true },
      signal: interruption.signal,
    },
  )
  return { text, exitCode, interrupt: () => interruption.abort() }
}

async function show(...words: string[]) {
  const { text, exitCode } = begin(...words)
  return { exitCode: await exitCode, ...text }
}

describe('repave machine console', () => {
  it('says what there is instead where nobody keeps the serial line', async () => {
    const nobody = await show()
    expect(nobody).toMatchObject({ exitCode: 3, out: '' })
    expect(nobody.err).toContain(
      'error[ERR_CONSOLE_UNKNOWN]: nobody keeps the serial line of node-1',
    )
    expect(nobody.err).toContain(
      `why   ${join(folder, 'consoles.json')} names no log of ${macAddress}`,
    )
    expect(nobody.err).toContain('try   repave machine logs node-1')
  })

  it('names a list of logs that is none, and a log that is not there', async () => {
    await keepConsoles('none')
    expect((await show()).err).toContain(`cannot read ${join(folder, 'consoles.json')}`)
    await keepLog()
    const missing = await show()
    expect(missing.exitCode).toBe(3)
    expect(missing.err).toContain(`cannot read ${log}`)
  })

  it('escapes of firmware are left out, and nothing a machine says reaches the terminal as a command', async () => {
    await keepLog()
    await writeFile(
      log,
      '\u001b[2J\u001b[01;01HBdsDxe: loading\r\n50%\r100%\r\n\u001b]0;owned\u0007\u0000\u009b31mlast\n',
    )
    expect((await show()).out).toBe('BdsDxe: loading\n50%\n100%\n??31mlast\n')
  })

  it('shows as many of the last lines as are wanted, as text or as a document', async () => {
    await keepLog()
    await writeFile(log, 'one\ntwo\nthree\nfour without an end')
    expect((await show('--lines', '2')).out).toBe('three\nfour without an end\n')
    expect(JSON.parse((await show('--lines', '1', '-o', 'json')).out)).toEqual({
      ...{ apiVersion: 'repave/v1', kind: 'Console', machineName: 'node-1' },
      lines: ['four without an end'],
    })
    expect((await show('--lines', 'x')).exitCode).toBe(2)
    expect((await show('--follow', '-o', 'json')).exitCode).toBe(2)
  })

  it('goes on with what comes, and from the start where the log is begun anew', async () => {
    await keepLog()
    await writeFile(log, 'one\n')
    const following = begin('--follow')
    await expect.poll(() => following.text.out).toBe('one\n')
    await appendFile(log, 'two\nthr')
    await expect.poll(() => following.text.out).toBe('one\ntwo\n')
    await appendFile(log, 'ee\n')
    await expect.poll(() => following.text.out).toBe('one\ntwo\nthree\n')
    await writeFile(log, 'x\n')
    await appendFile(log, 'anew\n')
    await expect.poll(() => following.text.out).toBe('one\ntwo\nthree\nx\nanew\n')
    following.interrupt()
    expect(await following.exitCode).toBe(130)
  })
})
