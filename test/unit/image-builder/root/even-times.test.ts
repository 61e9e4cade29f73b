import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import {
  clampTimes,
  evenPasswordDays,
  newestPackagedTime,
} from '../../../../src/image-builder/root/even-times.ts'

let root: string
const put = (path: string, text: string, seconds: number) => {
  mkdirSync(join(root, path, '..'), { recursive: true })
  writeFileSync(join(root, path), text, { mode: 0o640 })
  utimesSync(join(root, path), seconds, seconds)
}
const secondsOf = (path: string) => lstatSync(join(root, path)).mtimeMs / 1000

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'repave-even-times-'))
})
afterEach(() => rmSync(root, { recursive: true }))

describe(clampTimes, () => {
  it('takes back what is younger, links and folders too, and leaves what is older', async () => {
    put('etc/old', '', 500)
    put('etc/new', '', 2000)
    symlinkSync('/nowhere', join(root, 'etc/link'))
    await clampTimes(root, 1000)
    expect(['etc/old', 'etc/new', 'etc/link', 'etc', ''].map(secondsOf)).toEqual([
      500, 1000, 1000, 1000, 1000,
    ])
  })
})

describe(evenPasswordDays, () => {
  it('leaves a root without passwords alone', async () => {
    await expect(evenPasswordDays(root, 1000)).resolves.toBeUndefined()
  })

  it('sets the days of the build back, and keeps modes and older days', async () => {
    put('etc/shadow', 'root:*:20000:0:99999:7:::\nold:!:100:0:99999:7:::\nnone:!::::::\n', 1)
    await evenPasswordDays(root, 1000 * 86_400)
    expect(readFileSync(join(root, 'etc/shadow'), 'utf8')).toBe(
      'root:*:1000:0:99999:7:::\nold:!:100:0:99999:7:::\nnone:!::::::\n',
    )
    expect(statSync(join(root, 'etc/shadow')).mode & 0o777).toBe(0o640)
  })
})

describe(newestPackagedTime, () => {
  it('looks at what packages list, and not at what the build made or what is gone', async () => {
    put('usr/bin/a', '', 1000)
    put('usr/bin/b', '', 2000)
    put('usr/bin/made-here', '', 9000)
    put('usr/bin/unlisted', '', 3000)
    const lines = ['a', 'b', 'made-here', 'gone'].map(
      (name) => `${'0'.repeat(32)}  usr/bin/${name}`,
    )
    put('var/lib/dpkg/info/a.md5sums', `${lines.join('\n')}\n`, 1)
    put('var/lib/dpkg/info/a.list', '/usr/bin/unlisted\n', 1)
    expect(await newestPackagedTime(root, 5_000_000)).toBe(2000)
  })
})
