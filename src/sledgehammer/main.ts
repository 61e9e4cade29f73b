import { homedir } from 'node:os'
import { join } from 'node:path'
import { Command, CommanderError } from 'commander'
import { formatByteSize } from '../base/byte-size.ts'
import { CodedError } from '../base/coded-error.ts'
import { buildSledgehammer } from './build-sledgehammer.ts'
import type { SledgehammerFile } from './build-sledgehammer.ts'
import { ensureSledgehammer } from './ensure-sledgehammer.ts'

interface BuildArguments {
  readonly output: string
  readonly cache: string
  readonly fresh?: boolean
}

const exampleText = `
Examples:
  repave sledgehammer build
  repave sledgehammer build --output ./sledgehammer --fresh`

/**
 * `sledgehammer build [--output DIR] [--cache DIR]`: `argv` is what follows the word `sledgehammer`.
 * Standard output gets one line a file (digest, size, path), standard error the rest.
 *
 * @returns the exit code: 0 built or up to date, 1 failed, 2 wrong usage
 */
export async function runSledgehammerCommand(argv: readonly string[]): Promise<number> {
  const program = new Command('repave sledgehammer')
    .description('the Linux that lives in the RAM of a machine while it is provisioned')
    .addHelpText('afterAll', exampleText)
    .exitOverride()
  program
    .command('build')
    .description('makes its kernel and initramfs; equal inputs give equal digests')
    .option('--output <directory>', 'where the files are put', defaultOutput())
    .option('--cache <directory>', 'where Debian packages are kept', defaultCache())
    .option('--fresh', 'look for newer Debian packages even when nothing else changed')
    .action(build)
  try {
    await program.parseAsync([...argv], { from: 'user' })
    return 0
  } catch (error) {
    return exitCodeOf(error)
  }
}

async function build(chosen: BuildArguments): Promise<void> {
  const options = {
    outputDirectory: chosen.output,
    cacheDirectory: chosen.cache,
    log: (line: string): void => {
      process.stderr.write(`${line}\n`)
    },
  }
  const result =
    chosen.fresh === true
      ? await buildSledgehammer(options)
      : (await ensureSledgehammer(options)).build
  for (const file of [result.vmlinuz, result.initramfs]) printFile(file, chosen.output)
}

function printFile(file: SledgehammerFile, directory: string): void {
  const size = formatByteSize(file.sizeBytes)
  process.stdout.write(`${file.digest}  ${size}  ${join(directory, file.name)}\n`)
}

/** Where the daemon keeps its data. */
function defaultOutput(): string {
  const home = process.env['XDG_DATA_HOME'] ?? join(homedir(), '.local/share')
  return join(process.getuid?.() === 0 ? '/var/lib' : home, 'repave/sledgehammer')
}

function defaultCache(): string {
  const home = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache')
  return join(process.getuid?.() === 0 ? '/var/cache' : home, 'repave/sledgehammer')
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  if (!(error instanceof CodedError)) throw error
  process.stderr.write(`error[${error.code}]: ${error.message}\n`)
  if (error.remedy !== '') process.stderr.write(`  try   ${error.remedy}\n`)
  return 1
}
