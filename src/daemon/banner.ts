import { inertText } from '../base/ascii.ts'
import type { DaemonConfig } from './configuration/config.ts'

/** What is true once every server listens. */
export interface ReadyFacts {
  readonly version: string
  readonly startMs: number
  readonly config: DaemonConfig
  readonly provisioningUrl: string
  readonly operatorEndpoints: readonly string[]
  /** Absent when it is switched off. */
  readonly dhcpEndpoint?: string
  readonly machines: number
  readonly images: readonly string[]
  readonly contentFiles: number
}

/** One screen for whoever started the daemon by hand. */
export function bannerText(facts: ReadyFacts): string {
  const { config } = facts
  const { ports } = config
  const lending = facts.dhcpEndpoint ?? 'off'
  const images = facts.images.length === 0 ? 'none yet' : facts.images.slice(0, 5).join(', ')
  const lines = [
    `repave ${facts.version}   ready in ${facts.startMs} ms`,
    `> operators  ${facts.operatorEndpoints.join('   ')}`,
    `> machines   ${facts.provisioningUrl}   TFTP ${config.address}:${ports.tftp}`,
    `> DHCP       ${lending}`,
    `> data       ${config.dataDir} (${facts.machines} machines)`,
    `> images     ${images}   content ${facts.contentFiles} files`,
    `  next       repave tui   or   repave image import FILE --name NAME`,
  ]
  return `\n${lines.map((line) => `  ${inertText(line, 200)}`).join('\n')}\n\n`
}
