import { PassThrough, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'

import { expect, it } from 'vitest'

import { runInWorld } from '../../../src/cli/main.ts'

/** What `repave WORDS --help` prints. */
async function helpOf(...words: string[]): Promise<string> {
  const stdout = new PassThrough()
  const world = {
    stdout,
    stderr: new PassThrough(),
    stdin: Readable.from([]),
    environment: {},
    isRoot: true,
    signal: new AbortController().signal,
  }
  await runInWorld([...words, '--help'], world)
  stdout.end()
  const lines = (await text(stdout)).trimEnd().split('\n')
  return lines.map((line) => line.trimEnd()).join('\n')
}

/** Words of the commands that a help names, without `help` itself. */
function commandsIn(help: string): string[] {
  const [, list = ''] = help.split('\nCommands:\n')
  const [rows = ''] = list.split('\n\n')
  return [...rows.matchAll(/^ {2}([a-z][a-z-]*)/gm)]
    .map(([, word = '']) => word)
    .filter((word) => word !== 'help')
}

/** Verbs that change nothing. Contexts are a file of the person's own. */
const looksOn =
  / (?:list|show|render|boot-decision|explain|params|timeline|logs|console|history|dry-run|watch|diff|export|verify|scrub|check|plan)$/

const opening = `# Every command of the command line

Each as \`--help\` prints it; a test holds this page to the source. What every command takes stands under
\`repave options\`. The programs beside it tell about themselves: \`repave serve --help\`, and the same for \`demo\`,
\`start\`, \`config explain\`, \`db\`, \`image build\`, \`write\`, \`sledgehammer\`, \`lab\` and \`tui\`.

There is no \`repave machine power\`: the daemon speaks to no management board, and does not say that it does. Machines of
the lab are switched by \`repave lab boot|off|reset\`. A site that has a program for its boards names it as a hook, and a
workflow calls it ([workflows.md](workflows.md)): \`repave machine run power-cycle node-1\` is then a run like any other, with
its record and its approval.
`

it('docs/command-line.md tells every command and every option', async () => {
  const sections = [opening]
  const section = (marks: string, name: string, help: string) =>
    sections.push(`${marks} repave ${name}\n\n\`\`\`\n${help}\n\`\`\`\n`)
  for (const noun of commandsIn(await helpOf())) {
    const help = await helpOf(noun)
    section('##', noun, help)
    for (const verb of commandsIn(help)) {
      section('###', `${noun} ${verb}`, await helpOf(noun, verb))
    }
  }
  expect(sections.length).toBeGreaterThan(40)
  for (const text of sections.slice(1)) {
    expect(text).toMatch(/Examples:\n(?: {2}repave [^\n]+\n){2,}(?:```|\n)/)
  }
  const changing = sections
    .map((text) => /^### repave ([a-z -]+)\n/.exec(text)?.[1] ?? '')
    .filter((words) => words !== '' && !words.startsWith('context ') && !looksOn.test(words))
  for (const words of changing) {
    const [text = ''] = sections.filter((section) => section.startsWith(`### repave ${words}\n`))
    expect([words, text.includes('--dry-run')]).toEqual([words, true])
  }
  await expect(sections.join('\n')).toMatchFileSnapshot('../../../docs/command-line.md')
}, 60_000)
