import { inertText } from '../../../base/ascii.ts'
import type { RepaveEvent } from '../../../contract/event.ts'
import type { AskingProgram, Hop } from './hop.ts'

/** What an event tells of a boot; undefined when it tells nothing of one. */
export function hopOfEvent(event: RepaveEvent): Hop | undefined {
  const read = readers[event.type]
  const hop = read?.(event)
  return hop === undefined ? undefined : { atMs: event.timeMs, ...hop }
}

type Reading = Omit<Hop, 'atMs'>

const readers: Readonly<Record<string, ((event: RepaveEvent) => Reading | undefined) | undefined>> =
  {
    dhcp: readDhcp,
    boot: readBoot,
    tftp: readTftp,
    http: readHttp,
    agent: readAgent,
  }

const programs: Readonly<Record<string, AskingProgram>> = {
  firmware: 'firmware',
  'http-firmware': 'firmware',
  ipxe: 'ipxe',
  none: 'system',
}

function readDhcp({ action, body }: RepaveEvent): Reading | undefined {
  const program = programs[textOf(body, 'client') ?? ''] ?? 'system'
  const address = textOf(body, 'address') ?? 'an address'
  const target = textOf(body, 'bootFileName')
  const because = textOf(body, 'because') ?? ''
  const facts = { program, because, ...(target === undefined ? {} : { target }) }
  const who = askers[program]
  switch (action) {
    case 'offer':
      return { ...facts, kind: 'offer', text: `${who} was offered ${address}` }
    case 'ack':
      return { ...facts, kind: 'lease', text: `${who} took ${address}${fileText(target)}` }
    case 'nak':
      return { ...facts, kind: 'refused', text: `${who} was refused: ${because}` }
    case 'decline':
      return { ...facts, kind: 'declined', text: `${who} declined ${address}: ${because}` }
    case 'proxy-offer':
      return {
        ...facts,
        kind: 'proxy-offer',
        text: `${who} was offered a boot file${fileText(target)}`,
      }
    case 'proxy-ack':
      return {
        ...facts,
        kind: 'proxy-lease',
        text: `${who} asked for its boot file${fileText(target)}`,
      }
    case 'unknown-machine':
      return { ...facts, kind: 'unserved', text: `${who} was not answered: ${because}` }
    case 'pool-full':
      return { ...facts, kind: 'pool-full', text: `no address for ${who}: ${because}` }
    default:
      return undefined
  }
}

const askers: Readonly<Record<AskingProgram, string>> = {
  firmware: 'its firmware',
  ipxe: 'iPXE',
  system: 'its system',
}

function fileText(bootFileName: string | undefined): string {
  return bootFileName === undefined ? '' : ` and was told to load ${bootFileName.split('?')[0]}`
}

/** Of decisions only those of a script: what DHCP says stands in its own events. */
function readBoot({ body }: RepaveEvent): Reading | undefined {
  const target = textOf(body, 'target') ?? ''
  const because = textOf(body, 'because') ?? ''
  if (!['sledgehammer', 'local-disk', 'hold'].includes(target)) return undefined
  return { kind: 'script', target, because, text: `its script says ${target}: ${because}` }
}

function readTftp({ action, body }: RepaveEvent): Reading | undefined {
  const path = textOf(body, 'path') ?? ''
  if (action === 'sent') return { kind: 'program', text: `${path} was sent by TFTP` }
  if (action !== 'failed') return undefined
  const because = textOf(body, 'reason') ?? ''
  const { acknowledgedBytes } = body
  return {
    kind: 'program-failed',
    because,
    acknowledgedBytes: typeof acknowledgedBytes === 'number' ? acknowledgedBytes : 0,
    text: `${path} did not arrive by TFTP: ${because}`,
  }
}

function readHttp({ action, body }: RepaveEvent): Reading | undefined {
  const path = textOf(body, 'path') ?? ''
  const kind = path.endsWith('vmlinuz')
    ? 'kernel'
    : path.includes('initramfs')
      ? 'initramfs'
      : /\.(?:efi|kpxe|pxe|img)$/.test(path)
        ? 'program'
        : undefined
  if (kind === undefined) return undefined
  if (action === 'sent') return { kind, text: `${path} was sent by HTTP` }
  if (action !== 'failed') return undefined
  const because = textOf(body, 'reason') ?? `status ${JSON.stringify(body['statusCode'])}`
  return { kind: 'file-failed', because, text: `${path} did not arrive by HTTP: ${because}` }
}

function readAgent({ action, body }: RepaveEvent): Reading | undefined {
  switch (action) {
    case 'joined':
    case 'reconnected':
      return { kind: 'agent', text: `its agent has ${action}` }
    case 'lost':
      return { kind: 'agent-lost', text: 'its agent has fallen silent' }
    case 'refused': {
      const because = `${textOf(body, 'code') ?? ''} ${textOf(body, 'message') ?? ''}`.trim()
      return { kind: 'agent-refused', because, text: `its agent was refused: ${because}` }
    }
    default:
      return undefined
  }
}

function textOf(body: RepaveEvent['body'], name: string): string | undefined {
  const value = body[name]
  return typeof value === 'string' && value !== '' ? inertText(value, 300) : undefined
}
