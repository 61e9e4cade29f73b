import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import type { Logger } from '../../../base/logger.ts'
import { registerAgentSocket } from '../../api/agents/agent-socket.ts'
import { registerCaptures } from '../../api/agents/captures.ts'
import { registerPhoneHome } from '../../api/agents/phone-home.ts'
import type { DaemonConfig } from '../../configuration/config.ts'
import { hostInterfaces } from '../../configuration/network-interfaces.ts'
import type { EventSink } from '../../domain/event/event-sink.ts'
import { timelineSink } from '../../domain/event/timeline-sink.ts'
import type { CaptureSpool } from '../../domain/image/capture-spool.ts'
import type { ImagePacks, ImageStore } from '../../domain/image/image-store.ts'
import type { NetworkDesk } from '../../domain/lease/network-desk.ts'
import type { WorkflowEngine } from '../../domain/workflow/workflow-engine.ts'
import { nodeClock } from '../../process/node-clock.ts'
import { nodeSecrets } from '../../process/node-secrets.ts'
import type { BootFileRoute } from '../../servers/boot-files/boot-file.ts'
import { bootScript, grubBootScript } from '../../servers/boot-files/boot-script.ts'
import { imageFiles } from '../../servers/boot-files/image-files.ts'
import { signedBootDisk } from '../../servers/boot-files/signed-boot-disk.ts'
import { sledgehammerFiles } from '../../servers/boot-files/sledgehammer-files.ts'
import { startScripts } from '../../servers/boot-files/start-scripts.ts'
import type { DhcpMode } from '../../servers/dhcp/dhcp-role.ts'
import { startDhcpServer } from '../../servers/dhcp/dhcp-server.ts'
import { takePassedDescriptors } from '../../servers/dhcp/passed-sockets.ts'
import { loadKernelCalls } from '../../servers/http/kernel-sender.ts'
import { createProvisioningServer } from '../../servers/http/provisioning-server.ts'
import type { RunningServer } from '../../servers/running-server.ts'
import { startTftpServer } from '../../servers/tftp/tftp-server.ts'
import type { LoadedContent } from '../../store/content/load-content.ts'
import type { Store } from '../../store/sqlite/open-store.ts'
import type { BootProgramSet } from '../boot/open-boot-programs.ts'
import { dhcpNetworks } from '../networks/dhcp-networks.ts'
import type { MachineTls } from './machine-tls.ts'

/** What the servers that face machines stand on. */
export interface MachineServices {
  readonly config: DaemonConfig
  readonly content: Pick<LoadedContent, 'subnets'>
  readonly logger: Logger
  readonly store: Store
  readonly engine: WorkflowEngine
  readonly networks: NetworkDesk
  readonly images: ImageStore & ImagePacks
  readonly captures: CaptureSpool
  readonly bootPrograms: BootProgramSet
  /** Folder with vmlinuz and initramfs.zst as machines get them. */
  readonly sledgehammerDirectory: string
  /** Without trailing slash: `http://10.77.0.1:8090`. */
  readonly provisioningUrl: string
  readonly tls: MachineTls | undefined
}

interface MachineServers extends MachineServices {
  /** One for all of them: what DHCP tells it says whom the others speak with. */
  readonly events: EventSink
}

type StartServer = () => Promise<RunningServer>

export interface StartMachineServers {
  readonly http: StartServer
  readonly tftp: StartServer
  /** To be called last: it sends machines to the others, and may look around for seconds before. */
  readonly dhcp?: StartServer
}

/** What starts them, once each. */
export async function machineServers(given: MachineServices): Promise<StartMachineServers> {
  const { config, engine, store } = given
  const events = timelineSink(store.events, (macAddress) => engine.machineIdAt(macAddress))
  const services = { ...given, events }
  const routes = await bootFileRoutes(services)
  const { mode } = config.dhcp
  return {
    http: () => startHttp(services, routes),
    tftp: () => startTftp(services, routes),
    ...(mode === 'off' ? {} : { dhcp: () => startDhcp(services, mode) }),
  }
}

/** One chain for TFTP and HTTP alike. */
async function bootFileRoutes(services: MachineServices): Promise<readonly BootFileRoute[]> {
  const { bootPrograms, config, engine, images, logger } = services
  const { provisioningUrl, sledgehammerDirectory } = services
  const scripts = {
    decider: engine.scripts,
    baseUrl: provisioningUrl,
    serverAddress: config.address,
    clock: nodeClock,
    logger,
  }
  return [
    ...bootPrograms.routes,
    startScripts(provisioningUrl, config.address),
    bootScript(scripts),
    grubBootScript(scripts),
    ...(bootPrograms.hasSigned ? [signedBootDisk({ ...scripts, sledgehammerDirectory })] : []),
    sledgehammerFiles(sledgehammerDirectory),
    imageFiles(images),
  ]
}

async function startHttp(
  { captures, config, engine, events, logger, tls }: MachineServers,
  routes: readonly BootFileRoute[],
): Promise<RunningServer> {
  const server = await createProvisioningServer({
    host: config.address,
    port: config.ports.http,
    routes,
    events,
    clock: nodeClock,
    logger,
    tls: tls?.server,
    confidentialPaths: ['/agent/', '/captures/'],
    kernel: await loadKernelCalls(),
  })
  const { app } = server
  await registerAgentSocket(app, {
    desk: engine.agents,
    secrets: nodeSecrets,
    clock: nodeClock,
    logger,
  })
  await registerPhoneHome(app, engine.phoneHomes)
  await registerCaptures(app, { desk: engine.captures, spool: captures })
  return server.listen()
}

function startTftp(
  { config, events, logger }: MachineServers,
  routes: readonly BootFileRoute[],
): Promise<RunningServer> {
  return startTftpServer({
    address: config.address,
    port: config.ports.tftp,
    routes,
    clock: nodeClock,
    logger,
    events,
    mtuBytes: mtuOf(config.interfaceName),
  })
}

function startDhcp(
  { config, content, engine, events, logger, networks, store }: MachineServers,
  mode: DhcpMode,
): Promise<RunningServer> {
  return startDhcpServer({
    mode,
    networks,
    ...dhcpNetworks(config, content.subnets, hostInterfaces()),
    port: config.ports.dhcp,
    passedDescriptors: takePassedDescriptors(process.env, process.pid),
    leaseStore: store.leases,
    isKnownMachine: (macAddress) => engine.isKnownMachine(macAddress),
    bootFiles: engine.bootFiles,
    events,
    clock: nodeClock,
    logger,
  })
}

/** Ethernet's 1500 where the kernel does not say. */
function mtuOf(interfaceName: string): number {
  try {
    return Number(readFileSync(join('/sys/class/net', interfaceName, 'mtu'), 'utf8')) || 1500
  } catch {
    return 1500
  }
}
