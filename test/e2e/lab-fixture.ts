import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { createReadStream } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { setTimeout as sleep } from 'node:timers/promises'

import { imageSchema, machineListSchema, runListSchema } from '../../src/contract/api-documents.ts'
import { type Machine, machineSchema } from '../../src/contract/machine.ts'
import type { Run } from '../../src/contract/run.ts'
import { askDaemon } from '../../src/lab/ask-daemon.ts'
import { startDaemon } from '../../src/lab/lab-daemon.ts'
import type { LabMachine, LabPlan, LabSize } from '../../src/lab/lab-plan.ts'
import { planLab } from '../../src/lab/lab-plan.ts'
import { isPoweredOn, powerOn } from '../../src/lab/lab-machine.ts'
import {
  ensureLabPackages,
  powerOnAll,
  raiseLab,
  sledgehammerDirectory,
} from '../../src/lab/lab-up.ts'
import { namespaceExists, namespaceProcesses, removeNamespace } from '../../src/lab/namespace.ts'
import { type Accelerator, dataDiskFile, diskFile } from '../../src/lab/qemu-arguments.ts'
import { runRepave } from '../../src/lab/repave-program.ts'
import { addTourMachines, importTourImage, prepareTour } from '../../src/lab/start-command.ts'

const contentDirectory = fileURLToPath(new URL('content', import.meta.url))

/** A real lab: QEMU machines, real firmware, our daemon. Minutes long. */
export class LabFixture implements AsyncDisposable {
  readonly plan: LabPlan
  readonly #size: LabSize
  #accelerator: Accelerator = 'tcg'

  /** @param name folder below `.cache/`, kept from run to run: the image and sledgehammer take long to make */
  constructor(name: string, size: LabSize) {
    this.#size = size
    const directory = fileURLToPath(new URL(`../../.cache/${name}`, import.meta.url))
    this.plan = planLab(directory, size, [contentDirectory])
  }

  /**
   * Network, daemon, image, and every machine ordered to be deployed and switched on.
   *
   * @param options further words of `repave machine deploy`
   */
  async deployAll(workflow: string, options: readonly string[] = []): Promise<void> {
    await this.orderAll(workflow, options)
    await powerOnAll(this.plan, this.#accelerator)
  }

  /** The same, with the machines still off. */
  async orderAll(workflow: string, options: readonly string[] = []): Promise<void> {
    const log = (line: string) => console.log(line)
    await prepareTour({ plan: this.plan, log })
    this.#accelerator = await raiseLab(this.plan, { size: this.#size, log })
    await importTourImage(this.plan)
    await addTourMachines(this.plan, workflow, options)
  }

  /** Network, daemon and new machines, switched on, of which the daemon knows nothing. */
  async powerOnEmpty(): Promise<void> {
    const log = (line: string) => console.log(line)
    await mkdir(this.plan.daemonDirectory, { recursive: true })
    await ensureLabPackages(log)
    const built = ['sledgehammer', 'build', '--output', sledgehammerDirectory(this.plan)]
    if ((await runRepave(built)) !== 0) throw new Error('sledgehammer cannot be built')
    this.#accelerator = await raiseLab(this.plan, { size: this.#size, log })
    await powerOnAll(this.plan, this.#accelerator)
  }

  machine(name: string): LabMachine {
    const found = this.plan.machines.find((machine) => machine.name === name)
    if (found === undefined) throw new RangeError(`no lab machine ${name}`)
    return found
  }

  async powerOn(machine: LabMachine): Promise<void> {
    await powerOn(this.plan, machine, this.#accelerator)
  }

  /** Pulls the plug of every machine, or of that one. */
  async cutPower(only?: LabMachine): Promise<void> {
    for (const pid of await namespaceProcesses(this.plan)) {
      const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
      const isMeant = only === undefined || command.includes(diskFile(only))
      if (command.startsWith('qemu-system') && isMeant) process.kill(pid, 'SIGKILL')
    }
  }

  /** Resolves once the machine has switched itself off. @throws when it does not in that time */
  async waitUntilOff(machine: LabMachine, timeoutMs: number): Promise<void> {
    const deadline = performance.now() + timeoutMs
    while (await isPoweredOn(machine)) {
      if (performance.now() > deadline) throw new Error(`${machine.name} is still on`)
      await sleep(250)
    }
  }

  async runs(): Promise<Run[]> {
    const answer = await askDaemon(this.plan.socketPath, '/api/v1/runs')
    return answer === undefined ? [] : runListSchema.parse(answer.body).items
  }

  /** Resolves once every machine's run is in that state. @throws when one ends otherwise, or in vain */
  async waitForAll(state: Run['state'], timeoutMs: number): Promise<Run[]> {
    const deadline = performance.now() + timeoutMs
    for (;;) {
      const runs = await this.runs()
      if (runs.length > 0 && runs.every((run) => run.state === state)) return runs
      const lost = runs.find((run) => ['failed', 'held', 'cancelled'].includes(run.state))
      if (lost !== undefined || performance.now() > deadline) {
        throw new Error(`waited for ${state}: ${JSON.stringify(runs, undefined, 1)}`)
      }
      await sleep(250)
    }
  }

  /** The newest run of that workflow, once it is in that state. @throws when it ends otherwise, or in vain */
  async waitForRun(workflow: string, state: Run['state'], timeoutMs: number): Promise<Run> {
    const deadline = performance.now() + timeoutMs
    for (;;) {
      const run = (await this.runs()).findLast((one) => one.workflow === workflow)
      if (run?.state === state) return run
      const isOver = run !== undefined && ['failed', 'held', 'cancelled'].includes(run.state)
      if (isOver || performance.now() > deadline) {
        throw new Error(`waited for ${workflow} ${state}: ${JSON.stringify(run, undefined, 1)}`)
      }
      await sleep(250)
    }
  }

  /** As the daemon knows the machine with that card. */
  async machineWith(macAddress: string): Promise<Machine | undefined> {
    const answer = await askDaemon(this.plan.socketPath, '/api/v1/machines')
    const { items } = machineListSchema.parse(answer?.body)
    return items.find(({ macAddresses }) => macAddresses.some((one) => one === macAddress))
  }

  /** As the daemon knows it. */
  async knownMachine(name: string): Promise<Machine> {
    const answer = await askDaemon(this.plan.socketPath, `/api/v1/machines/${name}`)
    return machineSchema.parse(answer?.body)
  }

  async repave(...args: string[]): Promise<number> {
    return runRepave(args, { REPAVE_SOCKET: this.plan.socketPath })
  }

  async image(name: string): Promise<{ rawDigest: string; rawBytes: number }> {
    const answer = await askDaemon(this.plan.socketPath, `/api/v1/images/${name}`)
    return imageSchema.parse(answer?.body)
  }

  /** sha256 of the first `sizeBytes` of a machine's disk, as it lies on the host. */
  async diskDigest(machine: LabMachine, sizeBytes: number): Promise<string> {
    return digestOf(diskFile(machine), { end: sizeBytes - 1 })
  }

  /** sha256 of the disk that no deployment may touch. */
  async dataDigest(machine: LabMachine): Promise<string> {
    return digestOf(dataDiskFile(machine))
  }

  /** Kills the daemon as a power cut would, and starts it again. */
  async killDaemon(): Promise<void> {
    for (const pid of await namespaceProcesses(this.plan)) {
      const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
      if (command.includes('src/main.ts\0serve')) process.kill(pid, 'SIGKILL')
    }
    await startDaemon(this.plan)
  }

  async down(): Promise<void> {
    await removeNamespace(this.plan, 20_000)
  }

  /** What is left on the host: namespaces, mounts and processes that belong to this lab. */
  async remains(): Promise<string[]> {
    const mounts = (await readFile('/proc/self/mounts', 'utf8')).split('\n')
    const processes = await Promise.all(
      (await readdir('/proc'))
        .filter((name) => /^\d+$/.test(name))
        .map((pid) => readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => '')),
    )
    return [
      ...((await namespaceExists(this.plan)) ? [this.plan.namespace] : []),
      ...mounts.filter((mount) => mount.includes(this.plan.namespace)),
      ...processes.filter((command) => command.includes(this.plan.directory)),
    ]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.down()
  }
}

async function digestOf(path: string, options: { readonly end?: number } = {}): Promise<string> {
  const hash = createHash('sha256')
  const parts = createReadStream(path, { ...options, highWaterMark: 1024 * 1024 })
  for await (const part of parts) hash.update(part as Buffer)
  return `sha256:${hash.digest('hex')}`
}
