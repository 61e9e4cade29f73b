import { parseArgs } from 'node:util'

import { CodedError, messageOf } from '../base/coded-error.ts'
import { contextFlag, withContext } from '../operator-client/contexts.ts'
import { isSet } from '../presentation/environment-text.ts'
import { errorLines } from '../presentation/error-text.ts'
import { chooseEndpoint, type OperatorEndpoint } from '../presentation/operator-endpoint.ts'
import { type Theme, themeOf } from './theme.ts'

const help = `Usage: repave tui [options]

live terminal UI: every machine, its stages, what is written, and why it waits

Options:
  --exit-when-done  leave when every run has ended; 0 only when all succeeded
  --read-only       show, and change nothing (REPAVE_READ_ONLY=1)
  --ascii           no character outside ASCII (default where the locale is not UTF-8)
  --context <name>  the daemon that goes by that name (REPAVE_CONTEXT)
  --socket <path>   the daemon's unix socket (REPAVE_SOCKET)
  --url <url>       the daemon's address (REPAVE_URL)
  --token-file <f>  holds the token to show there (REPAVE_TOKEN, REPAVE_TOKEN_FILE)
  --ca <file>       certificate of the authority to trust (REPAVE_CA)
  -h, --help        this text

Examples:
  repave tui
  repave tui --exit-when-done --socket lab/daemon/api.sock
`

/** The words behind `tui` make no sense, or there is no terminal to draw on. */
export class TuiUsageError extends CodedError {
  readonly code = 'ERR_TUI_USAGE'
}

interface TuiRequest {
  readonly endpoint: OperatorEndpoint
  readonly theme: Theme
  readonly exitWhenDone: boolean
  readonly readOnly: boolean
}

/**
 * Runs the terminal UI until the person leaves, or with `--exit-when-done` until every run has ended.
 *
 * @param argv the words behind `repave tui`
 * @returns the exit code: 0, with `--exit-when-done` 1 when a run failed and 130 when the person left first
 */
export async function runTuiCommand(argv: readonly string[]): Promise<number> {
  try {
    if (argv.includes('--help') || argv.includes('-h')) {
      process.stdout.write(help)
      return 0
    }
    const request = readRequest(argv, await withContext(process.env, contextFlag(argv)))
    requireTerminal()
    const { runScreen } = await import('./run-screen.ts')
    return await runScreen(request)
  } catch (thrown) {
    for (const line of errorLines(thrown)) process.stderr.write(`${line}\n`)
    return thrown instanceof CodedError ? 2 : 1
  }
}

function readRequest(
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): TuiRequest {
  const { values } = readOptions(argv)
  const theme = themeOf(process.env)
  return {
    endpoint: chooseEndpoint({
      socket: values.socket,
      url: values.url,
      tokenFile: values['token-file'],
      authorityFile: values.ca,
      environment,
      isRoot: process.getuid?.() === 0,
    }),
    theme: values.ascii ? { ...theme, ascii: true } : theme,
    exitWhenDone: values['exit-when-done'],
    readOnly: values['read-only'] || isSet(process.env['REPAVE_READ_ONLY']),
  }
}

function readOptions(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        'exit-when-done': { type: 'boolean', default: false },
        'read-only': { type: 'boolean', default: false },
        ascii: { type: 'boolean', default: false },
        context: { type: 'string' },
        socket: { type: 'string' },
        url: { type: 'string' },
        'token-file': { type: 'string' },
        ca: { type: 'string' },
      },
    })
  } catch (thrown) {
    throw new TuiUsageError(messageOf(thrown), { remedy: 'repave tui --help' })
  }
}

function requireTerminal(): void {
  if (process.stdout.isTTY && process.stdin.isTTY && process.env['TERM'] !== 'dumb') return
  throw new TuiUsageError('the terminal UI needs a terminal', {
    remedy: 'repave run watch, which prints the same as plain lines',
  })
}
