import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

import { expect, test } from 'vitest'

test('the npm servers end over a packet that ours answer', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    'scripts/proof-named-packages.ts',
  ])
  const outcomes = stdout.split('\n').filter((line) => line.startsWith('  '))
  expect(outcomes).toEqual([
    expect.stringContaining('npm dhcp 0.2.20  its process ended: Error: Invalid option undefined'),
    expect.stringContaining('Repave           answered, twice: offer of 127.0.0.100'),
    expect.stringContaining('npm tftp 0.1.2   its process ended: Error: ENOENT'),
    expect.stringContaining('Repave           answered, twice: error 1'),
  ])
})
