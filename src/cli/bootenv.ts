import type { Command } from 'commander'

import type { BootEnv } from '../contract/bootenv.ts'
import { bootEnvListSchema, renderedBootEnvSchema } from '../contract/definition-documents.ts'
import { askDaemon, type DaemonConnection } from '../operator-client/daemon-request.ts'
import { shownText } from '../presentation/shown-text.ts'
import { factLines } from '../presentation/table-text.ts'
import {
  addCommand,
  type CommandLine,
  type CommonOptions,
  connectionOf,
  runs,
  withExamples,
} from './command-line.ts'
import { addListVerb } from './list-verb.ts'
import { printThing } from './output.ts'
import { requireNamed } from './require-named.ts'

/** `repave bootenv list|show|render`. */
export function bootEnvCommands(line: CommandLine, program: Command): void {
  const bootEnv = program
    .command('bootenv')
    .description('what a machine can boot: list, show; render fills one in for a machine')
  addListVerb<BootEnv>(line, bootEnv, {
    summary: 'everything that a machine can boot',
    examples: ['bootenv list', 'bootenv list --output json'],
    topics: ['content.*.*'],
    read: async (connection) => ({
      kind: 'BootEnvList',
      items: await readBootEnvs(connection),
      nameOf: ({ name }) => name,
      columns: [
        ['NAME', ({ name }) => name],
        ['KIND', ({ kind }) => kind],
        ['ARGUMENTS', (item) => String(argumentsOf(item).length)],
        ['DESCRIPTION', ({ description }) => shownText(description, 100)],
      ],
    }),
  })
  addCommand(line, bootEnv, {
    words: 'show <bootenv>',
    summary: 'one of them: its kernel arguments, as they were written',
    examples: ['bootenv show sledgehammer', 'bootenv show sledgehammer --output yaml'],
  }).action(
    runs(line, async (name: string, options: CommonOptions) => {
      const all = await readBootEnvs(connectionOf(line, options))
      const found = requireNamed('bootenv', all, name)
      await printThing(line.world, options.output, {
        ...{ kind: 'BootEnv', value: found, name },
        lines: factLines([
          ['bootenv', found.name],
          ['kind', found.kind],
          ['means', shownText(found.description, 300)],
          ...listed('arguments', argumentsOf(found)),
        ]),
      })
      return 0
    }),
  )
  addRenderCommand(line, bootEnv)
  withExamples(bootEnv, ['bootenv list', 'bootenv render node-1'])
}

function addRenderCommand(line: CommandLine, parent: Command): void {
  addCommand(line, parent, {
    words: 'render <machine>',
    summary: 'what a machine would boot now, with its params filled in; nothing is changed',
    examples: ['bootenv render node-1', 'bootenv render 52:54:00:aa:bb:01 --output json'],
  }).action(
    runs(line, async (reference: string, options: CommonOptions) => {
      const path = `/machines/${encodeURIComponent(reference)}/bootenv`
      const found = await askDaemon(connectionOf(line, options), { path }, renderedBootEnvSchema)
      await printThing(line.world, options.output, {
        ...{ kind: 'RenderedBootEnv', value: found, name: found.bootEnv ?? found.target },
        lines: factLines([
          ['machine', shownText(found.machineName, 63)],
          ['boots', found.bootEnv ?? 'nothing: it is held'],
          ['because', shownText(found.because, 300)],
          ...listed('arguments', found.kernelArguments),
          ...listed('left out', found.leftOut),
        ]),
      })
      return 0
    }),
  )
}

/** The first beside the word, the others below it. */
function listed(word: string, texts: readonly string[]): (readonly [string, string])[] {
  return texts.map((text, index) => [index === 0 ? word : '', shownText(text, 600)] as const)
}

function argumentsOf(bootEnv: BootEnv): readonly string[] {
  return bootEnv.kind === 'sledgehammer' ? bootEnv.kernelArguments : []
}

async function readBootEnvs(connection: DaemonConnection): Promise<readonly BootEnv[]> {
  return (await askDaemon(connection, { path: '/bootenvs' }, bootEnvListSchema)).items
}
