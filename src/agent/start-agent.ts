import type { Inventory } from '../contract/machine.ts'
import { AgentLoop } from './agent-loop.ts'
import { DaemonClock } from './daemon-clock.ts'
import { DaemonLink, type LinkTiming } from './daemon-link.ts'
import { takeInventory } from './linux/inventory.ts'
import { LogBatch } from './log-batch.ts'
import type { StatusPage } from './status-page.ts'
import type { AgentWorld } from './tasks/task-context.ts'

export interface AgentOptions {
  readonly world: AgentWorld
  /** The per-boot token. */
  readonly token: string
  readonly page: StatusPage
  /** Milliseconds since the kernel started. */
  readonly uptimeMs: () => number
  readonly timing?: Partial<LinkTiming>
}

/** Ties link, loop, log and console together and connects. Disposing ends all of it. */
export function startAgent({ world, token, page, uptimeMs, timing }: AgentOptions): Disposable {
  let machineId = ''
  const clock = new DaemonClock(world.clock)
  let idleText = 'waiting for orders'
  const link = new DaemonLink({
    ...{ token, uptimeMs, timing: timing ?? {} },
    ...{ daemonUrl: world.daemonUrl, authority: world.authority },
    localAddress: world.localAddress,
    key: world.key,
    agentVersion: world.agentVersion,
    takeInventory: () => inventoryForHello(world, log),
    listener: {
      onWelcome: (frame) => {
        machineId = frame.machineId
        clock.setTo(frame.daemonTimeMs)
        const address = bootAddress(world)
        page.show({ machineName: frame.machineName, ...(address === undefined ? {} : { address }) })
        if (!loop.busy) page.show({ doing: idleText })
        logs.flush()
      },
      onTask: (frame) => loop.order(frame, machineId),
      onCancel: (attemptId) => loop.cancel(attemptId),
      onIdle: (waitingFor) => {
        idleText = `waiting for ${waitingFor}`
        if (!loop.busy) page.show({ doing: idleText, progress: undefined })
      },
      onStaleBoot: () => {
        page.show({ lastLine: 'this boot is no longer known to the daemon: booting again' })
        void world.reboot()
      },
      onState: (state) => page.show({ lastLine: state }),
    },
  })
  const logs = new LogBatch((frame) => link.send(frame))
  const log = (line: string, attemptId?: string) => {
    page.show({ lastLine: line })
    logs.add(line, attemptId)
  }
  const loop = new AgentLoop(
    { ...world, clock },
    {
      send: (frame) => link.send(frame),
      deliver: (result) => {
        // What it said comes first: the machine may be off as soon as the result is known.
        logs.flush()
        return link.deliver(result)
      },
      log,
      show: (doing, progress) => page.show({ doing, progress }),
    },
  )
  link.open()
  return {
    [Symbol.dispose]: () => {
      link[Symbol.dispose]()
      loop[Symbol.dispose]()
      logs[Symbol.dispose]()
    },
  }
}

/** Joining must work with a disk that cannot be read, so that someone learns of it; choosing one will not. */
function inventoryForHello(world: AgentWorld, log: (line: string) => void): Inventory {
  const { inventory, unreadableDisks } = takeInventory(world.files, world.machineFacts)
  for (const disk of unreadableDisks) log(`disk left out of the inventory: ${disk}`)
  return inventory
}

function bootAddress({ files, machineFacts }: AgentWorld): string | undefined {
  const { inventory } = takeInventory(files, machineFacts)
  return inventory.networkInterfaces.find(({ bootedFrom }) => bootedFrom)?.addresses[0]
}
