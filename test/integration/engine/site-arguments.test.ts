import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import { afterEach, beforeEach, expect, it } from 'vitest'

import { ManualTime } from '../../fakes/manual-time.ts'
import { createMemoryImageStore } from '../../fakes/memory-image-store.ts'
import { realClock } from '../../fakes/real-clock.ts'
import { type RunningEngine, startRunningEngine } from '../../fakes/running-engine.ts'

const documents = {
  'bootenvs/sledgehammer/bootenv.yaml':
    'name: sledgehammer\nkind: sledgehammer\nkernelArguments: [quiet, "console={{ params.console }}"]\n',
  'params/console/param.yaml': 'name: console\ntype: string\n',
  'profiles/rack-a/profile.yaml': 'name: rack-a\nparams: { console: "ttyS1,115200" }\n',
}

let directory: string
let daemon: RunningEngine

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'repave-arguments-'))
  for (const [path, text] of Object.entries(documents)) {
    await mkdir(dirname(join(directory, 'content', path)), { recursive: true })
    await writeFile(join(directory, 'content', path), text)
  }
  daemon = await startRunningEngine({
    ...{ directory, images: createMemoryImageStore(), clock: realClock, timers: new ManualTime() },
    contentDirectories: [join(directory, 'content')],
  })
})
afterEach(async () => {
  await daemon[Symbol.asyncDispose]()
  await rm(directory, { recursive: true })
})

async function bootsWith(): Promise<readonly string[]> {
  const decision = await daemon.boot()
  if (decision.target !== 'sledgehammer') throw new Error(`boots ${decision.target}`)
  return decision.kernelArguments.filter((argument) => !argument.startsWith('repave.'))
}

it('E09: a value that could become more than its argument is left out, and so is one that nobody sets', async () => {
  expect(await bootsWith()).toEqual(['quiet'])
  const [machine] = await daemon.engine.machines.listMachines()
  await daemon.engine.machines.changeMachine(
    machine?.name ?? '',
    { params: { console: 'tty\n#!ipxe' } },
    'operator:test',
  )
  expect(await bootsWith()).toEqual(['quiet'])
  const left = (await daemon.events()).filter(({ action }) => action === 'arguments-left-out')
  expect(left.map(({ body }) => body['leftOut'])).toEqual([
    ['console={{ params.console }}: console has no value that can stand there'],
    ['console={{ params.console }}: console holds what no kernel argument may'],
  ])
})

it('a machine boots with what its profile says', async () => {
  const machine = { name: 'node-1', macAddress: '52:54:00:00:00:01', profiles: ['rack-a'] }
  await daemon.engine.machines.addMachine(machine, 'operator:test')
  expect(await bootsWith()).toEqual(['quiet', 'console=ttyS1,115200'])
})
