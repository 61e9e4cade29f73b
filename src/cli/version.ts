import { readFile } from 'node:fs/promises'

import type { Command } from 'commander'

import { CodedError } from '../base/coded-error.ts'
import { statusSchema } from '../contract/status-documents.ts'
import { askDaemon } from '../operator-client/daemon-request.ts'
import { factLines } from '../presentation/table-text.ts'
import { shownText } from '../presentation/shown-text.ts'
import {
  addCommand,
  type CommandLine,
  type CommonOptions,
  connectionOf,
  runs,
} from './command-line.ts'
import { printThing } from './output.ts'

/** `repave version`, also `repave --version`: tells its own whatever the daemon says. */
export function versionCommand(line: CommandLine, program: Command): void {
  addCommand(line, program, {
    words: 'version',
    summary: 'the version of this command, and of the daemon',
    examples: ['version', 'version --output json'],
  }).action(
    runs(line, async (options: CommonOptions) => {
      const version = await ownVersion()
      const daemon = await daemonVersion(line, options)
      await printThing(line.world, options.output, {
        kind: 'Version',
        value: {
          version,
          node: process.versions.node,
          ...(daemon === undefined ? {} : { daemon }),
        },
        name: version,
        lines: factLines([
          ['repave', version],
          ['node', process.versions.node],
          ['daemon', daemon === undefined ? 'none that answers' : shownText(daemon)],
        ]),
      })
      return 0
    }),
  )
}

async function ownVersion(): Promise<string> {
  const text = await readFile(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

async function daemonVersion(
  line: CommandLine,
  options: CommonOptions,
): Promise<string | undefined> {
  try {
    const request = { path: '/status', silenceMs: 2000 }
    return (await askDaemon(connectionOf(line, options), request, statusSchema)).version
  } catch (thrown) {
    if (thrown instanceof CodedError) return undefined
    throw thrown
  }
}
