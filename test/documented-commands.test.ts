import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, it } from 'vitest'

import { helpTopics } from '../src/cli/help-topics.ts'

const reference = readFileSync('docs/command-line.md', 'utf8')
const sections = new Map(
  reference.split(/^#{2,3} repave /m).map((section) => {
    const [name = ''] = section.split('\n')
    return [name, section] as const
  }),
)
const commonOptions = (helpTopics['options'] ?? []).join('\n')

const pages = [
  'README.md',
  ...readdirSync('docs')
    .filter((name) => name.endsWith('.md') && name !== 'command-line.md')
    .map((name) => join('docs', name)),
]

/** Command lines of the program in blocks of code and in the text, without what follows them. */
function commandLines(page: string): string[] {
  const text = readFileSync(page, 'utf8')
  const blocks = [...text.matchAll(/^```[a-z]*\n(.*?)^```$/gms)].flatMap(([, block = '']) =>
    block.replaceAll('\\\n', ' ').split('\n'),
  )
  const inline = [...text.replaceAll(/^```.*?^```$/gms, '').matchAll(/`([^`]+)`/g)].map(
    ([, code = '']) => code.replaceAll(/\s+/g, ' '),
  )
  return [...blocks, ...inline].flatMap((line) => {
    const [, words] = /^(?:\$ )?(?:sudo )?(?:bin\/)?repave ((?:[a-z].*)?)$/.exec(line.trim()) ?? []
    return words === undefined ? [] : [words.replace(/(?: {2,}| #| \||;| &&).*$/, '')]
  })
}

/** Tell about themselves, and stand in no reference. */
const otherPrograms =
  /^(?:serve|start|demo|config explain|db|image build|write|sledgehammer|lab|tui|help|options)\b/

/** What is wrong with a command line, as far as the reference tells. */
function faultOf(line: string): string | undefined {
  if (otherPrograms.test(line)) return undefined
  const [noun = '', verbs = ''] = line.split(' ')
  if (!sections.has(noun)) return `no command "${noun}"`
  const hasVerbs = [...sections.keys()].some((name) => name.startsWith(`${noun} `))
  if (!hasVerbs || verbs === '' || verbs.startsWith('-')) return optionFault(noun, line)
  // `machine merge|split`
  return verbs
    .split('|')
    .map((verb) => {
      const name = `${noun} ${verb.replace(/[,.:]$/, '')}`
      return sections.has(name) ? optionFault(name, line) : `no command "${name}"`
    })
    .find((fault) => fault !== undefined)
}

function optionFault(name: string, line: string): string | undefined {
  const help = sections.get(name) ?? ''
  const options = line.match(/(?<= )--[a-z][a-z0-9-]*/g) ?? []
  const unknown = options.find(
    (option) => !new RegExp(`${option}\\b`).test(help) && !commonOptions.includes(option),
  )
  return unknown === undefined ? undefined : `${name} has no ${unknown}`
}

it.each(pages)('%s names commands and options that there are', (page) => {
  const faults = commandLines(page).flatMap((line) => {
    const fault = faultOf(line)
    return fault === undefined ? [] : [`${line}: ${fault}`]
  })
  expect(faults).toEqual([])
})
