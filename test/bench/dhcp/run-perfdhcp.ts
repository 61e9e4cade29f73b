import type { NetworkNamespace } from '../../fakes/network-namespace.ts'

export interface DhcpLoad {
  /** Exchanges a second that are begun. */
  readonly rate: number
  readonly seconds: number
  /** Clients have MAC addresses in a row; a server that saw one before knows it again. */
  readonly firstClient: number
  readonly clients: number
  /** Whether the delay of each packet is wanted, which the load generator has to remember. */
  readonly isTimed?: boolean
}

export interface LoadFigures {
  readonly exchangesPerSecond: number
  /** DISCOVERs and REQUESTs without an answer. */
  readonly lost: number
  /** From each REQUEST to its ACK; none unless they were wanted. */
  readonly ackDelaysMs: readonly number[]
}

/** Kea's load generator as a relay at 10.77.1.1. */
export async function runPerfdhcp(
  namespace: NetworkNamespace,
  { rate, seconds, firstClient, clients, isTimed = false }: DhcpLoad,
): Promise<LoadFigures> {
  const base = (0x0200_0c00_0000 + firstClient).toString(16).padStart(12, '0')
  const timing = isTimed ? ['-x', 't'] : []
  const words = ['-4', ...timing, '-r', String(rate), '-R', String(clients), '-p', String(seconds)]
  const tail = ['-W', '500000', '-b', `mac=${base.replaceAll(/(..)(?=.)/g, '$1:')}`, '10.77.0.1']
  // It ends with 3 when packets were lost, which is a figure and no failure.
  const script = 'perfdhcp "$@" || test $? = 3'
  const { stdout } = await namespace.run('sh', ['-c', script, 'sh', ...words, ...tail])
  const acks = stdout.slice(stdout.indexOf('Statistics for: REQUEST-ACK'))
  const received = figure(acks, /received packets: (\d+)/)
  const sent = figure(stdout, /sent packets: (\d+)/)
  const times = stdout.slice(stdout.indexOf('Timestamps for packets: REQUEST-ACK'))
  const delays = [...times.matchAll(/^sent \/ received: (\S+) \/ (\S+)$/gm)]
  return {
    exchangesPerSecond: received / seconds,
    lost: sent - received,
    ackDelaysMs: delays.map(([, from, to]) => (Number(to) - Number(from)) * 1000),
  }
}

export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((one, other) => one - other)
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? NaN
}

function figure(text: string, pattern: RegExp): number {
  return Number(pattern.exec(text)?.[1] ?? NaN)
}
