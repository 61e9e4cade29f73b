import { type Command, Option } from 'commander'

import {
  createdTokenSchema,
  type Role,
  roles,
  type TokenFacts,
  tokenFactsSchema,
  tokenListSchema,
} from '../contract/access.ts'
import { readDurationMs } from '../presentation/duration-text.ts'
import { shownText } from '../presentation/shown-text.ts'
import { writeLines } from './cli-world.ts'
import {
  addChange,
  type CommandLine,
  type CommonOptions,
  connectionOf,
  runs,
} from './command-line.ts'
import { askDaemon } from '../operator-client/daemon-request.ts'
import { UsageError } from './errors.ts'
import { addListVerb } from './list-verb.ts'
import { printThing } from './output.ts'

/** `repave token list|create|revoke`. */
export function tokenCommands(line: CommandLine, program: Command): void {
  const token = program
    .command('token')
    .description('who may use the API over TCP: list, create, revoke')
  addListCommand(line, token)
  addCreateCommand(line, token)
  addRevokeCommand(line, token)
  token.addHelpText(
    'after',
    '\nExamples:\n  repave token list\n  repave token create ci --role operator',
  )
}

function addListCommand(line: CommandLine, parent: Command): void {
  addListVerb<TokenFacts>(line, parent, {
    summary: 'every token, what it may do and until when',
    examples: ['token list', 'token list --output json'],
    topics: ['access.*.*'],
    read: async (connection) => ({
      kind: 'TokenList',
      items: (await askDaemon(connection, { path: '/tokens' }, tokenListSchema)).items,
      nameOf: (item) => item.name,
      columns: [
        ['NAME', (item) => item.name],
        ['ROLE', (item) => item.role],
        ['MACHINES', (item) => shownText(item.selector ?? 'all', 60)],
        ['EXPIRES', expiryCell],
        ['MADE BY', (item) => shownText(item.createdBy, 40)],
        ['ID', (item) => item.id],
      ],
    }),
  })
}

function expiryCell({ expiresAtMs }: TokenFacts): string {
  return expiresAtMs === undefined ? 'never' : new Date(expiresAtMs).toISOString().slice(0, 16)
}

interface CreateOptions extends CommonOptions {
  readonly role: Role
  readonly machines?: string
  readonly validFor?: string
}

function addCreateCommand(line: CommandLine, parent: Command): void {
  addChange(line, parent, {
    words: 'create <name>',
    summary: 'make a token; it is printed once, and nobody can read it again',
    examples: [
      'token create ci --role operator --valid-for 12h > token',
      "token create rack-7 --role operator --machines 'name=Re(^rack7-)'",
    ],
  })
    .addOption(new Option('--role <role>', 'what it may do').choices([...roles]).default('viewer'))
    .option('--machines <selector>', 'only these machines, such as state=In(ready,failed)')
    .option('--valid-for <time>', 'how long (90s, 10m, 12h; default: until it is revoked)')
    .action(
      runs(line, async (name: string, options: CreateOptions) => {
        const { role, machines, validFor, ...common } = options
        const body = {
          ...{ name, role },
          ...(machines === undefined ? {} : { selector: machines }),
          ...(validFor === undefined ? {} : { validSeconds: secondsOf(validFor) }),
        }
        const request = { method: 'POST', path: '/tokens', body } as const
        const { token, ...facts } = await askDaemon(
          connectionOf(line, common),
          request,
          createdTokenSchema,
        )
        writeLines(line.world.stderr, [`token ${facts.name} (${facts.role}), shown this once:`])
        await printThing(line.world, common.output, {
          kind: 'Token',
          value: { ...facts, token },
          name: facts.name,
          lines: [token],
        })
        return 0
      }),
    )
}

function secondsOf(text: string): number {
  const milliseconds = readDurationMs(text)
  if (milliseconds !== undefined && milliseconds >= 1000) return Math.floor(milliseconds / 1000)
  throw new UsageError(`not a time: --valid-for ${shownText(text)}`, {
    remedy: 'give one such as --valid-for 12h',
  })
}

function addRevokeCommand(line: CommandLine, parent: Command): void {
  addChange(line, parent, {
    words: 'revoke <token>',
    summary: 'end a token, by name or id; whoever is connected with it is cut off',
    examples: ['token revoke ci', 'token revoke 1f0c44d2aa07'],
  }).action(
    runs(line, async (reference: string, options: CommonOptions) => {
      const path = `/tokens/${encodeURIComponent(reference)}`
      const request = { method: 'DELETE', path } as const
      const facts = await askDaemon(connectionOf(line, options), request, tokenFactsSchema)
      await printThing(line.world, options.output, {
        kind: 'Token',
        value: facts,
        name: facts.name,
        lines: [`${facts.name}  ${facts.id}  revoked`],
      })
      return 0
    }),
  )
}
