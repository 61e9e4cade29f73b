import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

import { describe, expect, it } from 'vitest'

const source = fileURLToPath(
  new URL('../../../../src/daemon/process/create-logger.ts', import.meta.url),
)

/** What a daemon with that format logs of a machine that says `text` of itself. */
function logged(logFormat: string, text: string): string {
  const program = `
    const { createLogger } = await import(${JSON.stringify(source)})
    const logger = createLogger({ logLevel: 'info', logFormat: ${JSON.stringify(logFormat)} }, false)
    const text = ${JSON.stringify(text)}
    logger.warn({ [text]: text, err: new Error(text) }, text)`
  const { stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program])
  return stderr.toString()
}

const hostile =
  '\u001b[2J\u001b]0;owned\u0007\u001b]52;c;YQ==\u0007\u009b31m\u202eabc\u2066\u200b\u{e0041}\r'
const unseen = /[^\P{C}\n]|\p{Zl}|\p{Zp}/u

describe('the log of the daemon', () => {
  it.each(['json', 'pretty'])(
    'is inert as %s, whatever a machine says of itself (U01)',
    (format) => {
      const text = logged(format, hostile)
      expect(text).toContain('abc')
      expect(text).not.toMatch(unseen)
    },
  )

  it('means the same as JSON (U01)', () => {
    const line = JSON.parse(logged('json', hostile)) as Record<string, unknown>
    expect(line['msg']).toBe(hostile)
    expect(line[hostile]).toBe(hostile)
  })
})
