import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { describe, expect, it } from 'vitest'

/** Every page that people read, from the root of the project. */
const pages = [
  ...['README.md', 'CHANGELOG.md'],
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
]

/** Without code: what stands there is no link. */
const proseOf = (page: string) =>
  readFileSync(page, 'utf8')
    .replaceAll(/^```.*?^```$/gms, '')
    .replaceAll(/`[^`\n]*`/g, '')

const linksIn = (prose: string) => [
  ...[...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target),
  ...[...prose.matchAll(/(?:src|srcset|href)="([^"]+)"/g)].map(([, target = '']) => target),
]

/** Headings as a forge names them: lower case, without signs, with hyphens for blanks. */
const anchorsOf = (page: string) =>
  [...readFileSync(page, 'utf8').matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  )

describe('links', () => {
  it.each(pages)('of %s lead somewhere', (page) => {
    const dead = linksIn(proseOf(page)).filter((target) => {
      if (/^(?:https?|mailto):/.test(target)) return false
      const [path = '', anchor] = target.split('#')
      const file = path === '' ? page : join(dirname(page), path)
      if (!existsSync(file)) return true
      return anchor !== undefined && !anchorsOf(file).includes(anchor)
    })
    expect(dead).toEqual([])
  })

  it('of README.md reach every page of docs', () => {
    const linked = new Set(linksIn(proseOf('README.md')).map((target) => target.split('#')[0]))
    const unlinked = readdirSync('docs')
      .filter((name) => name.endsWith('.md'))
      .filter((name) => !linked.has(`docs/${name}`))
    expect(unlinked).toEqual([])
  })
})
