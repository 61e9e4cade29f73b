import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { dpkgOptions, removeLeftOut } from '../../../../src/image-builder/root/leave-out.ts'

const rules = {
  leaveOut: ['/usr/share/doc/*', '/lib/modules/*/kernel/sound/*', '/etc/motd'],
  keep: ['/usr/share/doc/*/copyright'],
}

describe(dpkgOptions, () => {
  it('puts what is kept behind what is left out, because the last one decides', () => {
    expect(dpkgOptions(rules)).toBe(
      'path-exclude=/usr/share/doc/*\npath-exclude=/lib/modules/*/kernel/sound/*\n' +
        'path-exclude=/etc/motd\npath-include=/usr/share/doc/*/copyright\n',
    )
  })
})

describe(removeLeftOut, () => {
  it('removes what fits, at any depth, and nothing else', async () => {
    const root = await mkdtemp(join(tmpdir(), 'repave-leave-out-'))
    const kept = [
      'etc/motd.d/one',
      'lib/modules/6.1/kernel/net/tun.ko',
      'usr/share/doc/bash/copyright',
      'usr/share/docs',
    ]
    const gone = [
      'etc/motd',
      'lib/modules/6.1/kernel/sound/core/snd.ko',
      'usr/share/doc/bash/examples/deep/file',
      'usr/share/doc/bash/README',
    ]
    for (const path of [...kept, ...gone]) {
      await mkdir(dirname(join(root, path)), { recursive: true })
      await writeFile(join(root, path), '')
    }
    await removeLeftOut(root, rules)
    const left = await readdir(root, { recursive: true, withFileTypes: true })
    const files = left.filter((entry) => entry.isFile())
    const paths = files.map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    expect(paths.toSorted((a, b) => (a < b ? -1 : 1))).toEqual(kept)
    await rm(root, { recursive: true })
  })
})
