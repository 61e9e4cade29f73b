import { createReadStream, existsSync } from 'node:fs'
import { open, readFile, rename } from 'node:fs/promises'
import { type IncomingMessage, request } from 'node:http'
import { resolve } from 'node:path'

import { Command, CommanderError } from 'commander'

import { CodedError, messageOf } from '../base/coded-error.ts'
import type { Logger } from '../base/logger.ts'
import { unpackArchive } from './store/backup/archive.ts'
import { BackupUnusableError, RestoreRefusedError } from './store/backup/errors.ts'
import { readBackup } from './store/backup/read-backup.ts'
import { restoreBackup } from './store/backup/restore-backup.ts'
import { openBackup, sealBackup } from './store/backup/seal.ts'
import { openStore } from './store/sqlite/open-store.ts'

/** The words of the command make no sense together. */
export class DbUsageError extends CodedError {
  readonly code = 'ERR_USAGE'
}

interface DbOptions {
  readonly dataDir: string
  readonly passphraseFile?: string
}

const silent: Logger = {
  ...{ debug: () => undefined, info: () => undefined },
  ...{ warn: () => undefined, error: () => undefined, child: () => silent },
}

/** `repave db backup|restore|check`. @param defaultDataDir where the daemon's data are by default */
export async function runDb(
  argv: readonly string[],
  defaultDataDir: string,
  print: (line: string) => void,
): Promise<number> {
  const program = new Command('repave db')
    .description('What the daemon remembers: back it up, restore it, check it.')
    .exitOverride()
  const withOptions = (command: Command) =>
    command
      .option('--data-dir <dir>', "the daemon's data directory", defaultDataDir)
      .option('--passphrase-file <file>', 'its first line encrypts the backup')
  withOptions(program.command('backup <file>'))
    .description('write database, leases, keys and secrets to a file; the daemon may run meanwhile')
    .option('--plain', 'without encryption: whoever has the file has every key', false)
    .action((file: string, options: DbOptions & { plain: boolean }) =>
      writeBackup(file, options, print),
    )
  withOptions(program.command('restore <file>'))
    .description('put a backup in its place; the daemon must be stopped')
    .option('--replace', 'set aside what is there', false)
    .action((file: string, options: DbOptions & { replace: boolean }) =>
      restore(file, options, print),
    )
  withOptions(program.command('check [file]'))
    .description('check the database of a stopped daemon, or a backup, byte for byte')
    .action((file: string | undefined, options: DbOptions) => check(file, options, print))
  program.addHelpText(
    'afterAll',
    '\nExamples:\n  repave db backup /backup/repave.bak --passphrase-file /root/passphrase' +
      '\n  repave db check /backup/repave.bak --passphrase-file /root/passphrase' +
      '\n  repave db restore /backup/repave.bak --replace --passphrase-file /root/passphrase',
  )
  try {
    await program.parseAsync([...argv], { from: 'user' })
    return 0
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : 2
    throw thrown
  }
}

async function writeBackup(
  file: string,
  options: DbOptions & { readonly plain: boolean },
  print: (line: string) => void,
): Promise<void> {
  const passphrase = await passphraseOf(options)
  if ((passphrase === undefined) !== options.plain) {
    throw new DbUsageError('say how the backup is protected', {
      remedy: 'repave db backup FILE --passphrase-file FILE, or --plain',
    })
  }
  const draft = `${file}.new`
  let sizeBytes = 0
  {
    await using target = await open(draft, 'w', 0o600)
    for await (const bytes of sealBackup(archiveOf(resolve(options.dataDir)), passphrase)) {
      await target.appendFile(bytes)
      sizeBytes += bytes.length
    }
    await target.sync()
  }
  // Only what can be read back is called a backup.
  const paths = await unpackArchive(openBackup(createReadStream(draft), passphrase))
  await rename(draft, file)
  print(`${file}  ${paths.length} files  ${sizeBytes} bytes  checked`)
}

/** From the daemon that runs there; from the files themselves where none does. */
async function* archiveOf(dataDir: string): AsyncGenerator<Uint8Array> {
  const answer = await askDaemon(`${dataDir}/api.sock`)
  if (answer !== undefined) {
    yield* answer as AsyncIterable<Buffer>
    return
  }
  requireDatabase(dataDir)
  await using store = await openStore(`${dataDir}/repave.db`, { logger: silent })
  yield* readBackup({ dataDir, store })
}

function askDaemon(socketPath: string): Promise<IncomingMessage | undefined> {
  return new Promise((resolveAnswer, reject) => {
    const query = request({ socketPath, path: '/api/v1/backup', method: 'POST' }, (answer) => {
      if (answer.statusCode === 200) resolveAnswer(answer)
      else reject(new BackupUnusableError(`the daemon answered ${answer.statusCode}`))
    })
    query.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') resolveAnswer(undefined)
      else reject(new BackupUnusableError(messageOf(error), error))
    })
    query.end()
  })
}

async function restore(
  file: string,
  options: DbOptions & { readonly replace: boolean },
  print: (line: string) => void,
): Promise<void> {
  const dataDir = resolve(options.dataDir)
  await refuseWhileRunning(dataDir)
  const archive = openBackup(createReadStream(file), await passphraseOf(options))
  const replacedSuffix = `.before-${new Date().toISOString().replaceAll(/[:.]/g, '-')}`
  const paths = await restoreBackup(archive, {
    dataDir,
    ...(options.replace ? { replacedSuffix } : {}),
  })
  print(`${paths.length} files restored to ${dataDir}`)
  if (options.replace) print(`what was there is kept under names that end with ${replacedSuffix}`)
}

async function refuseWhileRunning(dataDir: string): Promise<void> {
  const answers = await new Promise<boolean>((resolveAnswer) => {
    const query = request({ socketPath: `${dataDir}/api.sock`, path: '/healthz' }, (answer) => {
      answer.resume()
      resolveAnswer(true)
    })
    query.on('error', () => resolveAnswer(false))
    query.end()
  })
  if (answers) throw new RestoreRefusedError('a daemon runs there', 'stop it first')
}

async function check(
  file: string | undefined,
  options: DbOptions,
  print: (line: string) => void,
): Promise<void> {
  if (file !== undefined) {
    const archive = openBackup(createReadStream(file), await passphraseOf(options))
    const paths = await unpackArchive(archive)
    print(`${file}  ${paths.length} files, whole`)
    return
  }
  const dataDir = resolve(options.dataDir)
  requireDatabase(dataDir)
  // Opening checks every page, the schema, and the leases.
  await using store = await openStore(`${dataDir}/repave.db`, { logger: silent })
  const { machines } = await store.state.readPresent()
  await store.state.readEndedRuns()
  const audit = await store.audit.verify()
  print(`${dataDir}/repave.db  whole  ${machines.length} machines, event ${store.events.lastSeq()}`)
  print(
    `audit log  ${audit.entries} entries, ${audit.isWhole ? 'whole' : `broken at ${audit.brokenAt}`}`,
  )
}

function requireDatabase(dataDir: string): void {
  if (existsSync(`${dataDir}/repave.db`)) return
  throw new DbUsageError(`there is no database in ${dataDir}`, {
    remedy: 'say where the daemon keeps its data: --data-dir DIR',
  })
}

async function passphraseOf({ passphraseFile }: DbOptions): Promise<string | undefined> {
  if (passphraseFile === undefined) return undefined
  const text = await readFile(passphraseFile, 'utf8').catch((error: unknown) => {
    throw new DbUsageError(`cannot read ${passphraseFile}: ${messageOf(error)}`)
  })
  const [line = ''] = text.split('\n')
  if (line.length >= 8) return line
  throw new DbUsageError('a passphrase has at least 8 characters')
}
