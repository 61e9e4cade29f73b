import { flushCompileCache } from 'node:module'

import { CodedError } from '../base/coded-error.ts'
import { bannerText } from './banner.ts'
import type { RunningDaemon } from './compose.ts'
import { readFlags } from './configuration/command-flags.ts'
import { defaultDataDirectory } from './configuration/config-defaults.ts'
import { type ConfigSources, explainConfig, readConfig } from './configuration/config.ts'
import { explainText } from './configuration/explain-text.ts'
import { hostInterfaces } from './configuration/network-interfaces.ts'
import { createLogger } from './process/create-logger.ts'
import { onHangup } from './process/on-hangup.ts'
import { runUntilStopped } from './process/run-until-stopped.ts'
import { exitCodeOf, failureText, withPortHolder } from './process/start-failure.ts'

/**
 * `repave serve`: runs until SIGTERM or SIGINT (0) or until one of the servers dies (1). SIGHUP has it
 * read its content again.
 */
export async function runServeCommand(argv: readonly string[]): Promise<number> {
  const reading = readFlags('repave serve', 'Run the daemon.', argv)
  if (reading.kind === 'done') return reading.exitCode
  process.umask(0o027)
  const stop = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => stop.abort(signal))
  const running = Promise.withResolvers<RunningDaemon>()
  onHangup({
    // A daemon that is still being put together reads again when it stands.
    reload: () => void running.promise.then((daemon) => daemon.reload()),
    stop: () => stop.abort('SIGHUP'),
  })
  try {
    const config = readConfig(sources(reading.flags))
    // Behind the check of the settings: loading every server takes a second, a wrong flag none.
    const { composeDaemon } = await import('./compose.ts')
    const isTerminal = process.stderr.isTTY
    const logger = createLogger(config, isTerminal)
    const daemon = await composeDaemon({ config, logger, signal: stop.signal })
    running.resolve(daemon)
    if (isTerminal) process.stderr.write(bannerText(daemon.ready))
    // Usually done at the end: one that is torn away would have each start after it compile everything anew.
    flushCompileCache()
    return await runUntilStopped(daemon, logger, stop.signal)
  } catch (thrown) {
    if (stop.signal.aborted && thrown === stop.signal.reason) return 0
    return reportFailure(await withPortHolder(thrown))
  } finally {
    // What still holds the process after the drain (a transfer that would not end) is left behind.
    setTimeout(() => process.exit(), 1000).unref()
  }
}

/** `repave config explain`: every setting, its value and where that comes from. */
export async function runConfigCommand(argv: readonly string[]): Promise<number> {
  const [verb, ...rest] = argv
  const purpose = 'Show every setting of the daemon and where it comes from.'
  const isHelp = verb === '--help' || verb === '-h'
  if (verb !== 'explain' && !isHelp) {
    process.stderr.write('error[ERR_USAGE]: expected repave config explain\n')
    return 2
  }
  const reading = readFlags('repave config explain', purpose, isHelp ? ['--help'] : rest)
  if (reading.kind === 'done') return reading.exitCode
  try {
    process.stdout.write(explainText(explainConfig(sources(reading.flags))))
    return 0
  } catch (thrown) {
    return reportFailure(thrown)
  }
}

/** `repave content check`. */
export async function runContentCheckCommand(argv: readonly string[]): Promise<number> {
  try {
    const { checkContent } = await import('./content-check.ts')
    return await checkContent(argv, sources({}), (line) => process.stdout.write(`${line}\n`))
  } catch (thrown) {
    return reportFailure(thrown)
  }
}

/** `repave db backup|restore|check`. */
export async function runDbCommand(argv: readonly string[]): Promise<number> {
  process.umask(0o077)
  const dataDir =
    process.env['REPAVE_DATA_DIR'] ||
    defaultDataDirectory({ environment: process.env, userId: userId() })
  try {
    const { runDb } = await import('./db-command.ts')
    return await runDb(argv, dataDir, (line) => process.stdout.write(`${line}\n`))
  } catch (thrown) {
    return reportFailure(thrown)
  }
}

function reportFailure(thrown: unknown): number {
  if (!(thrown instanceof CodedError)) throw thrown
  process.stderr.write(failureText(thrown))
  return exitCodeOf(thrown)
}

function sources(flags: ConfigSources['flags']): ConfigSources {
  return {
    flags,
    environment: process.env,
    workingDirectory: process.cwd(),
    userId: userId(),
    interfaces: hostInterfaces(),
  }
}

/** 0 for root. */
function userId(): number {
  return process.getuid?.() ?? 1
}
