import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import {
  findAptSources,
  formatAptSources,
  parseSourceLines,
  parseSourceStanzas,
  withoutCredentials,
} from '../../../../src/image-builder/root/apt-sources.ts'

const stanzas = `Types: deb deb-src
# a comment
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main

Types: deb
Enabled: no
URIs: http://off.example/
Suites: bookworm
Components: main
`

describe(parseSourceLines, () => {
  it('passes over comments, sources and what is no source', () => {
    expect(
      parseSourceLines('# deb http://a.example x main\ndeb-src http://a.example x main\ndeb\n'),
    ).toEqual([])
  })

  it('reads options, address, suite and components', () => {
    const line =
      'deb [arch=amd64 signed-by=/k.gpg] http://a.example/debian bookworm main contrib # why'
    expect(parseSourceLines(line)).toEqual([
      {
        options: ['arch=amd64', 'signed-by=/k.gpg'],
        uri: 'http://a.example/debian',
        suite: 'bookworm',
        components: ['main', 'contrib'],
      },
    ])
  })
})

describe(parseSourceStanzas, () => {
  it('gives one source for each suite, and none that is switched off', () => {
    const sources = parseSourceStanzas(stanzas)
    expect(sources.map(({ suite }) => suite)).toEqual([
      'bookworm',
      'bookworm-updates',
      'bookworm-security',
    ])
    expect(sources[0]?.options).toEqual([
      'signed-by=/usr/share/keyrings/debian-archive-keyring.gpg',
    ])
  })

  it('passes over a source that carries its key inside', () => {
    const inside =
      'Types: deb\nURIs: http://a.example\nSuites: x\nSigned-By:\n -----BEGIN\n .\n abc\n'
    expect(parseSourceStanzas(inside)).toEqual([])
  })
})

describe(findAptSources, () => {
  let etc: string
  let etcApt: string
  beforeEach(async () => {
    etc = await mkdtemp(join(tmpdir(), 'repave-apt-'))
    etcApt = join(etc, 'apt')
    await mkdir(join(etcApt, 'sources.list.d'), { recursive: true })
  })
  afterEach(async () => {
    await rm(etc, { recursive: true })
  })

  it('refuses a release that apt knows only updates of', async () => {
    await writeFile(join(etcApt, 'sources.list'), 'deb http://a.example bookworm-updates main\n')
    await expect(findAptSources('bookworm', etc)).rejects.toMatchObject({
      code: 'ERR_IMAGE_NO_APT_SOURCE',
    })
  })

  it('finds the release and its updates among other sources, in both forms', async () => {
    await writeFile(join(etcApt, 'sources.list'), 'deb http://other.example nodistro main\n')
    await writeFile(join(etcApt, 'sources.list.d', 'debian.sources'), stanzas)
    await writeFile(
      join(etcApt, 'sources.list.d', 'off.list.disabled'),
      'deb http://x.example bookworm main\n',
    )
    const sources = await findAptSources('bookworm', etc)
    expect(formatAptSources(sources)).toBe(
      'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://mirror.example/debian bookworm main contrib\n' +
        'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://mirror.example/debian bookworm-updates main contrib\n' +
        'deb http://mirror.example/debian-security bookworm-security main\n',
    )
  })

  it('refuses another release when this machine does not say which one it is', async () => {
    await writeFile(join(etcApt, 'sources.list'), 'deb http://a.example bookworm main\n')
    await expect(findAptSources('trixie', etc)).rejects.toThrow('no source of Debian trixie')
  })

  it('finds a release that apt does not know on the mirrors of its own', async () => {
    await writeFile(join(etc, 'os-release'), 'ID=debian\nVERSION_CODENAME=bookworm\n')
    await writeFile(
      join(etcApt, 'sources.list'),
      'deb http://a.example bookworm main\ndeb http://a.example bookworm-backports main\n' +
        'deb http://a.example/security bookworm-security main\n',
    )
    expect(formatAptSources(await findAptSources('trixie', etc))).toBe(
      'deb http://a.example trixie main\ndeb http://a.example/security trixie-security main\n',
    )
  })
})

describe(withoutCredentials, () => {
  it('drops a user name and password from an address', () => {
    const [source] = withoutCredentials(
      parseSourceLines('deb https://user:secret@mirror.example/debian bookworm main'),
    )
    expect(source?.uri).toBe('https://mirror.example/debian')
  })
})
