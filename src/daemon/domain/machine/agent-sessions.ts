import type { AgentLink } from './agent-desk.ts'

export interface ConnectedAgent {
  readonly machineId: string
  readonly bootId: string
  readonly link: AgentLink
}

/** The agents that are connected now, one a machine. */
export class AgentSessions {
  readonly #agents = new Map<string, ConnectedAgent>()

  of(machineId: string): ConnectedAgent | undefined {
    return this.#agents.get(machineId)
  }

  /** Takes the place of the one before, whose link is closed. */
  add(agent: ConnectedAgent): void {
    const before = this.#agents.get(agent.machineId)
    this.#agents.set(agent.machineId, agent)
    before?.link.close()
  }

  /** Returns whether it was this very one that was connected. */
  remove(agent: ConnectedAgent): boolean {
    return this.#agents.get(agent.machineId) === agent && this.#agents.delete(agent.machineId)
  }

  closeAll(): void {
    for (const { link } of this.#agents.values()) link.close()
    this.#agents.clear()
  }
}
