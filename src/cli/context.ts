import type { Command } from 'commander'

import {
  type Context,
  ContextUnknownError,
  readContexts,
  writeContexts,
} from '../operator-client/contexts.ts'
import { shownText } from '../presentation/shown-text.ts'
import { writeLines } from './cli-world.ts'
import { addCommand, type CommandLine, type CommonOptions, runs } from './command-line.ts'
import { UsageError } from './errors.ts'
import { printList } from './output.ts'

/** `repave context list|set|use|rm`. */
export function contextCommands(line: CommandLine, program: Command): void {
  const context = program
    .command('context')
    .description('daemons that you work with, by name: list, set, use, rm')
  addListCommand(line, context)
  addSetCommand(line, context)
  addUseCommand(line, context)
  addRemoveCommand(line, context)
  context.addHelpText('after', '\nExamples:\n  repave context list\n  repave context use berlin')
}

function addListCommand(line: CommandLine, parent: Command): void {
  addCommand(line, parent, {
    words: 'list',
    summary: 'every context; the one in use has a star',
    examples: ['context list', 'context list --output json'],
  })
    .alias('ls')
    .action(
      runs(line, async (options: CommonOptions) => {
        const { current, contexts } = await readContexts(line.world.environment)
        const items = Object.entries(contexts).map(([name, context]) => ({ name, ...context }))
        await printList(line.world, options, {
          kind: 'ContextList',
          items,
          nameOf: ({ name }) => name,
          columns: [
            ['USED', ({ name }) => (name === current ? '*' : '')],
            ['NAME', ({ name }) => shownText(name)],
            ['DAEMON', ({ url, socket }) => shownText(url ?? socket, 200)],
            ['TOKEN FILE', ({ tokenFile }) => shownText(tokenFile, 200)],
            ['CA', ({ ca }) => shownText(ca, 200), 'wide'],
          ],
        })
        return 0
      }),
    )
}

function addSetCommand(line: CommandLine, parent: Command): void {
  addCommand(line, parent, {
    words: 'set <name>',
    summary: 'note how to reach a daemon; the first one noted is in use at once',
    examples: [
      'context set berlin --url https://10.1.0.1:8092 --token-file ~/.berlin-token --ca berlin.pem',
      'context set lab --socket lab/daemon/api.sock',
    ],
  }).action(
    runs(line, async (name: string, { socket, url, tokenFile, ca }: CommonOptions) => {
      if ((socket === undefined) === (url === undefined)) {
        throw new UsageError('a context has either a socket or an address', {
          remedy: `repave context set ${shownText(name)} --url https://10.1.0.1:8092`,
        })
      }
      const { environment } = line.world
      const { current, contexts } = await readContexts(environment)
      const context: Context = {
        ...(socket === undefined ? {} : { socket }),
        ...(url === undefined ? {} : { url }),
        ...(tokenFile === undefined ? {} : { tokenFile }),
        ...(ca === undefined ? {} : { ca }),
      }
      await writeContexts(environment, {
        current: current ?? name,
        contexts: { ...contexts, [name]: context },
      })
      return 0
    }),
  )
}

function addUseCommand(line: CommandLine, parent: Command): void {
  addCommand(line, parent, {
    words: 'use <name>',
    summary: 'from now on, commands without --context go there',
    examples: ['context use berlin', 'context use lab'],
  }).action(
    runs(line, async (name: string) => {
      const { environment, stderr } = line.world
      const { contexts } = await readContexts(environment)
      if (!Object.hasOwn(contexts, name)) throw new ContextUnknownError(name, Object.keys(contexts))
      await writeContexts(environment, { current: name, contexts })
      writeLines(stderr, [`commands go to ${shownText(name)} now`])
      return 0
    }),
  )
}

function addRemoveCommand(line: CommandLine, parent: Command): void {
  addCommand(line, parent, {
    words: 'rm <name>',
    summary: 'forget a context; its token file stays',
    examples: ['context rm lab', 'context rm berlin'],
  }).action(
    runs(line, async (name: string) => {
      const { environment } = line.world
      const { current, contexts } = await readContexts(environment)
      if (!Object.hasOwn(contexts, name)) throw new ContextUnknownError(name, Object.keys(contexts))
      const { [name]: _, ...rest } = contexts
      const kept = current === undefined || current === name ? {} : { current }
      await writeContexts(environment, { ...kept, contexts: rest })
      return 0
    }),
  )
}
