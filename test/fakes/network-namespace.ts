import { type ChildProcess, execFile, spawn, type SpawnOptions } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'

const execute = promisify(execFile)

/** A load generator tells of each of its packets. */
const mostOutputBytes = 64 * 1024 * 1024

/** A network namespace of the test's own: what happens in it reaches no other network. */
export class NetworkNamespace implements AsyncDisposable {
  readonly name: string

  constructor(name: string) {
    this.name = name
  }

  /** Runs an `ip` command inside. */
  async ip(...words: readonly string[]): Promise<string> {
    const { stdout } = await execute('ip', ['-netns', this.name, ...words])
    return stdout
  }

  /** Runs a program inside to its end, which must come within a minute. */
  async run(program: string, args: readonly string[]): Promise<{ stdout: string; stderr: string }> {
    const limits = { timeout: 60_000, maxBuffer: mostOutputBytes }
    return execute('ip', ['netns', 'exec', this.name, program, ...args], limits)
  }

  /** Starts a program inside; `ip` replaces itself by it, so the process is the program's. */
  start(program: string, args: readonly string[], options: SpawnOptions = {}): ChildProcess {
    return spawn('ip', ['netns', 'exec', this.name, program, ...args], options)
  }

  /** The kernel drops what is sent before it has noticed the carrier, which takes it up to a second. */
  async waitForCarrier(interfaceName: string): Promise<void> {
    while (!/ state UP /.test(await this.ip('link', 'show', 'dev', interfaceName))) await delay(10)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await execute('ip', ['netns', 'delete', this.name])
  }
}

export async function createNetworkNamespace(): Promise<NetworkNamespace> {
  const namespace = new NetworkNamespace(`rp${randomBytes(5).toString('hex')}`)
  await execute('ip', ['netns', 'add', namespace.name])
  await namespace.ip('link', 'set', 'lo', 'up')
  return namespace
}

/** A cable between two namespaces; both ends are up and carry packets. */
export async function connectNamespaces(
  one: { readonly namespace: NetworkNamespace; readonly interfaceName: string },
  other: {
    readonly namespace: NetworkNamespace
    readonly interfaceName: string
    readonly macAddress?: string
  },
): Promise<void> {
  const hardware = other.macAddress === undefined ? [] : ['address', other.macAddress]
  await one.namespace.ip(
    ...['link', 'add', one.interfaceName, 'type', 'veth'],
    ...['peer', 'name', other.interfaceName, ...hardware, 'netns', other.namespace.name],
  )
  await one.namespace.ip('link', 'set', one.interfaceName, 'up')
  await other.namespace.ip('link', 'set', other.interfaceName, 'up')
  await one.namespace.waitForCarrier(one.interfaceName)
  await other.namespace.waitForCarrier(other.interfaceName)
}
