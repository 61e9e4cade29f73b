import { PassThrough } from 'node:stream'

import { expect, it } from 'vitest'

import { LiveBlock } from '../../../src/cli/live-block.ts'

function open(columns?: number) {
  const stream = Object.assign(new PassThrough(), columns === undefined ? {} : { columns })
  return { block: new LiveBlock(stream), written: () => String(stream.read() ?? '') }
}

it('goes back over the lines that it drew, and prints above them', () => {
  const { block, written } = open()
  block.draw(['a', 'b'], 0)
  block.print(['done'])
  block.draw(['c'], 10)
  block.clear()
  expect(written()).toBe('a\nb\n\u001b[2A\u001b[Jdone\nc\n\u001b[1A\u001b[J')
})

it('draws at most ten times a second', () => {
  const { block, written } = open()
  for (let timeMs = 0; timeMs < 1000; timeMs += 10) block.draw(['x'], timeMs)
  expect(written().split('x')).toHaveLength(11)
})

it('never draws a line that the terminal would break', () => {
  const { block, written } = open(10)
  block.draw(['123456789012'], 0)
  expect(written()).toBe('12345678…\n')
})
