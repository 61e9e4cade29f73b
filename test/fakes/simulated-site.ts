import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { MEBIBYTE } from '../../src/base/byte-size.ts'
import { machineSchema } from '../../src/contract/machine.ts'
import { askDaemon } from '../../src/operator-client/daemon-request.ts'
import {
  type DaemonProcess,
  startDaemon,
  stopDaemon,
} from '../../src/simulator/demo/daemon-process.ts'
import { findFreePorts } from '../../src/simulator/demo/free-ports.ts'
import { importDiskImage } from '../../src/simulator/demo/import-disk-image.ts'
import { makeDiskImage } from '../../src/simulator/demo/make-disk-image.ts'
import type { MachineFault } from '../../src/simulator/machine/machine-fault.ts'
import { type MachinePlan, planMachine } from '../../src/simulator/machine/machine-plan.ts'
import { usualPace } from '../../src/simulator/machine/simulated-machine.ts'
import { SimulatedRack } from '../../src/simulator/simulated-rack.ts'

export const simulatedImage = 'small-os'

/** A daemon of its own process on loopback, and simulated machines that are known to it and still off. */
export interface SimulatedSite extends AsyncDisposable {
  readonly daemon: DaemonProcess
  readonly rack: SimulatedRack
  readonly plans: readonly MachinePlan[]
  /** Tears the daemon away without a word, and starts it again. Milliseconds until it answered. */
  killDaemon(): Promise<number>
}

/** One machine for each fault, in that order: `node-1`, `node-2` … */
export async function openSimulatedSite(
  faults: readonly MachineFault[],
  say?: (machineName: string, line: string) => void,
): Promise<SimulatedSite> {
  const directory = mkdtempSync(join(tmpdir(), 'repave-site-'))
  const ports = await findFreePorts()
  const plans = faults.map((fault, index) =>
    planMachine(index, {
      ...{ directory: join(directory, 'machines'), diskBytes: 48 * MEBIBYTE, fault },
      firmware: index % 2 === 0 ? 'bios' : 'uefi',
    }),
  )
  const place = { directory, ports }
  const image = join(directory, 'small-os.raw')
  await makeDiskImage(image, { sizeBytes: 12 * MEBIBYTE, contentBytes: 8 * MEBIBYTE })
  let daemon = await startDaemon(place)
  await importDiskImage(daemon.connection, { name: simulatedImage, version: '1', file: image })
  for (const { name, macAddress } of plans) {
    const params = { imageName: simulatedImage }
    const body = { name, macAddress, workflow: 'deploy-image', params }
    await askDaemon(daemon.connection, { method: 'POST', path: '/machines', body }, machineSchema)
  }
  const pace = { ...usualPace, firmwareMs: 100, kernelMs: 100, systemMs: 100 }
  const rack = await SimulatedRack.build({
    ...{ plans, ports, pace },
    ...(say === undefined ? {} : { say }),
  })
  return {
    rack,
    plans,
    get daemon() {
      return daemon
    },
    killDaemon: async () => {
      await stopDaemon(daemon, 'SIGKILL')
      const startedMs = performance.now()
      daemon = await startDaemon(place)
      return performance.now() - startedMs
    },
    [Symbol.asyncDispose]: async () => {
      await rack[Symbol.asyncDispose]()
      await stopDaemon(daemon, 'SIGKILL')
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
