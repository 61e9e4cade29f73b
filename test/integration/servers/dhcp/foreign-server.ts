import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'

import {
  connectNamespaces,
  createNetworkNamespace,
  type NetworkNamespace,
} from '../../../fakes/network-namespace.ts'
import { clientMacAddress, DhcpRack } from './dhcp-rack.ts'

export const foreignMacAddress = '52:54:00:ff:00:02'

/**
 * A rack whose network has room for another DHCP server:
 *
 *     server namespace                          client namespace
 *     prov0 (bridge) 10.77.0.1/24 ──┬────────── eth0, no address
 *                                   │           foreign namespace
 *                                   └────────── eth0 10.77.0.2/24
 */
export class SharedRack extends DhcpRack {
  readonly foreignSide: NetworkNamespace
  #foreign: ChildProcess | undefined

  constructor(sides: readonly [NetworkNamespace, NetworkNamespace, NetworkNamespace]) {
    super(sides[0], sides[1])
    this.foreignSide = sides[2]
  }

  /** dnsmasq, which knows nothing of network boot. */
  async startForeign(): Promise<void> {
    const foreign = this.foreignSide.start('dnsmasq', [
      ...['--keep-in-foreground', '--conf-file=/dev/null', '--pid-file=', '--user=root'],
      ...['--log-facility=-', '--leasefile-ro', '--port=0', '--interface=eth0'],
      ...['--dhcp-range=10.77.0.20,10.77.0.40', '--no-ping'],
    ])
    this.#foreign = foreign
    await once(foreign.stderr ?? foreign, 'data')
  }

  async stopForeign(): Promise<void> {
    const foreign = this.#foreign
    this.#foreign = undefined
    if (foreign === undefined || foreign.exitCode !== null) return
    const ended = once(foreign, 'exit')
    foreign.kill('SIGKILL')
    await ended
  }

  override async clear(): Promise<void> {
    await this.stopForeign()
    await super.clear()
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await super[Symbol.asyncDispose]()
    await this.foreignSide[Symbol.asyncDispose]()
  }
}

export async function createSharedRack(): Promise<SharedRack> {
  const [serverSide, clientSide, foreignSide] = await Promise.all([
    createNetworkNamespace(),
    createNetworkNamespace(),
    createNetworkNamespace(),
  ])
  await connectNamespaces(
    { namespace: serverSide, interfaceName: 'port0' },
    { namespace: clientSide, interfaceName: 'eth0', macAddress: clientMacAddress },
  )
  await connectNamespaces(
    { namespace: serverSide, interfaceName: 'port1' },
    { namespace: foreignSide, interfaceName: 'eth0', macAddress: foreignMacAddress },
  )
  await serverSide.ip('link', 'add', 'prov0', 'type', 'bridge', 'forward_delay', '0')
  for (const port of ['port0', 'port1']) await serverSide.ip('link', 'set', port, 'master', 'prov0')
  await serverSide.ip('link', 'set', 'prov0', 'up')
  await serverSide.ip('address', 'add', '10.77.0.1/24', 'dev', 'prov0')
  await foreignSide.ip('address', 'add', '10.77.0.2/24', 'dev', 'eth0')
  await serverSide.waitForCarrier('prov0')
  return new SharedRack([serverSide, clientSide, foreignSide])
}
