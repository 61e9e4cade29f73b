/**
 * A daemon's heart in a process of its own, to be killed: `engine-process.ts DIRECTORY PORT`. Makes one
 * machine with a deployment where there is none, and prints `ready` when it listens.
 */
import { stdout } from 'node:process'

import { nodeClock, nodeTimers } from '../../src/daemon/process/node-clock.ts'
import { createMemoryImageStore } from './memory-image-store.ts'
import { startRunningEngine } from './running-engine.ts'

const [directory = '', port = ''] = process.argv.slice(2)

const daemon = await startRunningEngine({
  directory,
  images: createMemoryImageStore(),
  clock: nodeClock,
  timers: nodeTimers,
  port: Number(port),
})
if ((await daemon.engine.machines.listMachines()).length === 0) {
  const params = { imageName: 'debian-12' }
  const macAddress = '52:54:00:00:00:01'
  const request = { name: 'node-1', macAddress, workflow: 'deploy-image', params }
  await daemon.engine.machines.addMachine(request, 'operator:test')
}
const [run] = (await daemon.engine.runs.snapshot()).runs
const nonce = run && (await daemon.store.state.findNonceOfRun(run.id))?.nonce
const token = run?.state === 'queued' ? await daemon.bootToken() : ''
stdout.write(`${JSON.stringify({ token, nonce, run })}\n`)
