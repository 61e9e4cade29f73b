import { networkInterfaces, machine, availableParallelism } from 'node:os'

import { openAgentKey } from './agent-key.ts'
import { readAuthority } from './daemon-trust.ts'
import { readBootParameters } from './linux/boot-parameters.ts'
import { openConsoles } from './linux/consoles.ts'
import { hardwareSettled } from './linux/hardware-settled.ts'
import { KernelFiles } from './linux/kernel-files.ts'
import { poweroffMachine, rebootMachine } from './linux/reboot.ts'
import { readSystemIdentity } from './linux/system-identity.ts'
import { startAgent } from './start-agent.ts'
import { StatusPage } from './status-page.ts'

/** The version the daemon sees; it grows with the frames this agent understands. */
const agentVersion = '0.1.0'

const clock = { nowMs: () => Date.now(), monotonicMs: () => performance.now() }

/** Runs until init ends it. @throws {BootParametersError} */
export async function runAgent(): Promise<void> {
  const files = new KernelFiles()
  const page = new StatusPage(openConsoles(files), clock, {
    agentVersion,
    doing: 'waiting for drivers',
  })
  const { daemonUrl, token, bootMac } = readBootParameters(files.text('/proc/cmdline'))
  const { serialNumber } = readSystemIdentity(files)
  page.show({
    daemonUrl,
    ...(bootMac === undefined ? {} : { macAddress: bootMac }),
    ...(serialNumber === undefined ? {} : { serialNumber }),
  })
  const addressesOf = (name: string) =>
    (networkInterfaces()[name] ?? [])
      .filter(({ internal, scopeid }) => !internal && !scopeid)
      .map(({ address }) => address)
  const world = {
    ...{ daemonUrl, files, clock, agentVersion },
    key: openAgentKey('/run/repave/agent-key.pem'),
    machineFacts: { machine: machine(), bootMac, addressesOf },
    authority: readAuthority('/etc/repave/authority.pem'),
    trustedKeysPath: '/etc/repave/trusted-keys.json',
    coreCount: availableParallelism(),
    reboot: rebootMachine,
    poweroff: poweroffMachine,
  }
  const uptimeMs = () => Math.round(Number(files.text('/proc/uptime').split(' ')[0]) * 1000)
  if (!(await hardwareSettled(files))) page.show({ lastLine: 'some drivers are not loaded yet' })
  page.show({ doing: 'waiting for the daemon' })
  startAgent({ world, token, page, uptimeMs })
}
