import {
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request,
  type RequestOptions,
} from 'node:http'

import { problemSchema } from '../contract/status-documents.ts'
import { requestTo } from './endpoint-request.ts'
import { endpointText, type OperatorEndpoint } from '../presentation/operator-endpoint.ts'
import {
  DaemonAnswerError,
  DaemonProblemError,
  DaemonUnreachableError,
  ReadOnlyError,
  UnsentChange,
} from './errors.ts'

/** Whom to ask, and when to give up asking. */
export interface DaemonConnection {
  readonly endpoint: OperatorEndpoint
  /** Whether whatever would change something is refused, before it is sent. Default false. */
  readonly isReadOnly?: boolean
  /** Whether whatever would change something ends in {@link UnsentChange} instead. Default false. */
  readonly isDryRun?: boolean
  readonly signal: AbortSignal
}

export interface DaemonRequest {
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** Below `/api/v1`, with query. */
  readonly path: string
  readonly body?: object
  /** The revision that it is based on: refused when it is another by now. */
  readonly revision?: number
  /** How long the daemon may think before it answers. Default 30 s. */
  readonly silenceMs?: number
}

/** A schema of src/contract, as far as it is used here. */
export interface AnswerSchema<Value> {
  safeParse(value: unknown): { readonly data?: Value; readonly error?: AnswerFault | undefined }
}

interface AnswerFault {
  readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[]
}

/** An answer without a body. */
export const noContent: AnswerSchema<undefined> = { safeParse: () => ({}) }

/** A silent daemon is given up after this. */
const usualSilenceMs = 30_000

/**
 * Asks the daemon and checks its answer.
 *
 * @throws {UnsentChange} when it would change something and this is a dry run
 * @throws {DaemonUnreachableError} when no daemon answers
 * @throws {DaemonProblemError} when it refuses
 * @throws {DaemonAnswerError} when the answer does not fit `schema`
 */
export async function askDaemon<Value>(
  connection: DaemonConnection,
  { method = 'GET', path, body, revision, silenceMs = usualSilenceMs }: DaemonRequest,
  schema: AnswerSchema<Value>,
): Promise<Value> {
  if (connection.isDryRun === true && changes(method, path))
    throw new UnsentChange(method, path, body)
  const json = body === undefined ? undefined : JSON.stringify(body)
  const response = await sendRequest(connection, {
    method,
    path,
    headers: {
      ...(json === undefined ? {} : { 'content-type': 'application/json' }),
      ...(revision === undefined ? {} : { 'if-match': `"${revision}"` }),
    },
    timeout: silenceMs,
    end: (query) => query.end(json),
  })
  return checkedAnswer(schema, await readJson(response))
}

export interface RawRequest extends Pick<RequestOptions, 'method' | 'timeout'> {
  readonly path: string
  readonly headers?: OutgoingHttpHeaders | undefined
  /** Sends the body. */
  end(query: ReturnType<typeof request>): void
}

/** Planned, not done. */
const harmlessPosts: ReadonlySet<string> = new Set(['/plans', '/content/plan', '/rules/dry-run'])

function changes(method: string, path: string): boolean {
  return method !== 'GET' && !harmlessPosts.has(path)
}

/**
 * Sends one request and resolves with the head of the answer when it is a success.
 *
 * @throws {ReadOnlyError} when it would change something and nothing may be changed
 * @throws {UnsentChange} when it would change something and this is a dry run
 * @throws {DaemonUnreachableError} when no daemon answers
 * @throws {DaemonProblemError} when it refuses
 */
export async function sendRequest(
  connection: DaemonConnection,
  { end, path, ...options }: RawRequest,
): Promise<IncomingMessage> {
  const { endpoint, isReadOnly, isDryRun, signal } = connection
  const { method = 'GET' } = options
  if (isReadOnly === true && changes(method, path)) throw new ReadOnlyError(`${method} ${path}`)
  if (isDryRun === true && changes(method, path)) throw new UnsentChange(method, path)
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const { target, headers } = requestTo(endpoint)
  const isSecure = endpoint.kind === 'url' && endpoint.secure
  // Loaded where it is used: most commands go to a socket, and have to start fast.
  const send = isSecure ? (await import('node:https')).request : request
  const query = send({
    ...options,
    ...target,
    headers: { ...options.headers, ...headers },
    path: `/api/v1${path}`,
    agent: false,
    signal,
  })
  query.on('response', resolve)
  query.on('timeout', () =>
    query.destroy(new Error(`no answer for ${(options.timeout ?? 0) / 1000} s`)),
  )
  query.on('error', (error) => reject(new DaemonUnreachableError(endpointText(endpoint), error)))
  end(query)
  const response = await promise
  if ((response.statusCode ?? 0) < 400) return response
  throw await refusalOf(response)
}

async function refusalOf(response: IncomingMessage): Promise<Error> {
  const problem = problemSchema.safeParse(await readJson(response))
  if (problem.success) return new DaemonProblemError(problem.data)
  return new DaemonAnswerError(`the daemon answered ${response.statusCode} without saying why`)
}

/** The body of an answer. @throws {DaemonAnswerError} when it is cut off or no JSON */
export async function readJson(response: IncomingMessage): Promise<unknown> {
  let text = ''
  response.setEncoding('utf8')
  try {
    for await (const part of response) text += String(part)
    return text === '' ? undefined : JSON.parse(text)
  } catch (thrown) {
    throw new DaemonAnswerError('the answer of the daemon is cut off or no JSON', { cause: thrown })
  }
}

/** @throws {DaemonAnswerError} when `value` does not fit */
export function checkedAnswer<Value>(schema: AnswerSchema<Value>, value: unknown): Value {
  const { data, error } = schema.safeParse(value)
  if (error === undefined) return data as Value
  const issue = error.issues[0]
  throw new DaemonAnswerError(
    `the daemon answered something unexpected at ${issue?.path.map(String).join('.') ?? ''}: ${issue?.message ?? ''}`,
    { remedy: 'use the command of the same version as the daemon: repave status' },
  )
}
