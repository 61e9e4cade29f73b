import type { z } from 'zod'

import {
  daemonToOperatorSchema,
  operatorToDaemonSchema,
} from '../../../contract/operator-frames.ts'
import { type JsonObject, jsonSchemaOf } from './json-schema.ts'

const channel = '#/channels/operators'

/** What each frame is for; a frame without an entry fails the test of the document. */
export const frameSummaries: Readonly<Record<string, string>> = {
  authenticate: 'Says who you are, within 5 s, where the upgrade carried no Authorization header',
  subscribe: 'Asks for the snapshot, what was missed since a number, and then what happens',
  unsubscribe: 'Ends a subscription',
  authenticated: 'The token is right; who you are for the daemon',
  subscribed: 'The subscription stands; machines and runs as of event seq',
  event: 'One event',
  events: 'Events in order, for subscriptions that asked for batches',
  progress: 'How far a write is; live only, without a number',
  lagging:
    'You read too slowly and the subscription has ended: subscribe again with since: lastSeq',
  error: 'A frame was wrong, and which one by its id',
}

/** The AsyncAPI 3 document of `/api/v1/ws`, made from the schemas that frames are checked with. */
export function asyncApiDocument(version: string): JsonObject {
  const sent = messagesOf(operatorToDaemonSchema)
  const received = messagesOf(daemonToOperatorSchema)
  return {
    asyncapi: '3.0.0',
    info: {
      ...{ title: 'Repave events', version },
      description:
        'What happens, as it happens: JSON text frames on a websocket. Close codes: 1001 the daemon ' +
        'stops, 1008 too many wrong frames, 1009 a frame above 256 KiB, 1013 too many connections, ' +
        '4401 no token, or one that is not valid any more. The daemon pings every 20 s.',
      license: { name: 'Apache-2.0' },
    },
    defaultContentType: 'application/json',
    servers: {
      daemon: {
        ...{ host: '{address}', protocol: 'wss', pathname: '/api/v1/ws' },
        description: 'TCP with a token; the unix socket api.sock needs none',
        variables: { address: { default: '127.0.0.1:8092', description: 'ports.operator' } },
        security: [{ $ref: '#/components/securitySchemes/bearer' }],
      },
    },
    channels: {
      operators: {
        address: '/',
        messages: Object.fromEntries(
          Object.entries({ ...sent, ...received }).map(([name]) => [
            name,
            { $ref: `#/components/messages/${name}` },
          ]),
        ),
      },
    },
    operations: {
      ask: operation('receive', 'What operators send', Object.keys(sent)),
      tell: operation('send', 'What the daemon sends', Object.keys(received)),
    },
    components: {
      messages: { ...sent, ...received },
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
    },
  }
}

interface FrameUnion {
  readonly options: readonly z.ZodType[]
}

function messagesOf(union: FrameUnion): Record<string, JsonObject> {
  const messages = union.options.map((option) => {
    const payload = jsonSchemaOf(option) as {
      properties?: { frame?: { const?: string } }
    } & JsonObject
    const name = payload.properties?.frame?.const ?? ''
    return [name, { name, summary: frameSummaries[name], payload }] as const
  })
  return Object.fromEntries(messages)
}

function operation(action: 'send' | 'receive', summary: string, names: readonly string[]) {
  return {
    ...{ action, summary, channel: { $ref: channel } },
    messages: names.map((name) => ({ $ref: `${channel}/messages/${name}` })),
  }
}
