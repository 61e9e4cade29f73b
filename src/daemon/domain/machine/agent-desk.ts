import type { Ipv4Address } from '../../../base/ipv4-address.ts'
import type { AgentToDaemon, DaemonToAgent } from '../../../contract/agent-frames.ts'

/** What an agent says of itself; the possession of `publicKey` is already proven. */
export type AgentHello = Omit<
  Extract<AgentToDaemon, { frame: 'hello' }>,
  'frame' | 'protocol' | 'signature'
> & { readonly address?: Ipv4Address }

/** The daemon's end of one agent's connection. */
export interface AgentLink {
  send(frame: DaemonToAgent): void
  /** Ends the connection; its `closed` is still reported. */
  close(): void
  /** Whether the far end still answers; settles within 3 s. */
  isAlive(): Promise<boolean>
}

/** One joined agent, for the socket that carries it. */
export interface AgentSession {
  receive(frame: Exclude<AgentToDaemon, { frame: 'hello' }>): Promise<void>
  /** Silent or closed: the agent has a while to come back before it counts as lost. */
  closed(): void
}

export type JoinAnswer =
  | { readonly kind: 'joined'; readonly session: AgentSession }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }

/** Where agents report. `join` sends `welcome` and the first order itself. */
export interface AgentDesk {
  join(hello: AgentHello, link: AgentLink): Promise<JoinAnswer>
}

/** As the system on the disk tells it: hostile until shown inert. */
export interface EndedScript {
  readonly task: string
  readonly exitCode: number
  /** The end of what it printed. */
  readonly output: string
}

export interface PhoneHomeDesk {
  /** `known` also for a call that was heard before. */
  phoneHome(nonce: string, address?: Ipv4Address): Promise<'known' | 'unknown'>
  /** How a script of the workflow ended there, and whether the next one is to be run. */
  scriptEnded(nonce: string, ended: EndedScript): Promise<'go-on' | 'stop' | 'unknown'>
}
