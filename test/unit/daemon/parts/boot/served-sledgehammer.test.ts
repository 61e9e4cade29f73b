import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import type { Logger } from '../../../../../src/base/logger.ts'
import { prepareSledgehammer } from '../../../../../src/daemon/parts/boot/served-sledgehammer.ts'
import { fileInInitramfs } from '../../../../../src/simulator/loader/file-in-initramfs.ts'

const silent: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silent,
}

let folders: { built: string; served: string }
let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'repave-sledge-'))
  folders = { built: join(root, 'built'), served: join(root, 'served') }
})
afterEach(() => rm(root, { recursive: true }))

const authority = '-----BEGIN CERTIFICATE-----'
const key = { keyId: '0123456789abcdef', publicKeyBase64: 'AAAA' }
const trust = { keys: [key], authority }
const options = { logger: silent, signal: new AbortController().signal }

async function putBuild(initramfs: string): Promise<void> {
  await mkdir(folders.built, { recursive: true })
  await writeFile(join(folders.built, 'vmlinuz'), 'kernel')
  await writeFile(join(folders.built, 'initramfs.zst'), initramfs)
}

describe(prepareSledgehammer, () => {
  it('says how to build it when the build fails', async () => {
    const build = async () => 7
    await expect(prepareSledgehammer(folders, trust, { ...options, build })).rejects.toMatchObject({
      code: 'ERR_SLEDGEHAMMER_MISSING',
      remedy: `repave sledgehammer build --output ${folders.built}`,
    })
  })

  it('stops with the reason when it is aborted during the build', async () => {
    const stop = new AbortController()
    const build = async () => {
      stop.abort('SIGTERM')
      return 1
    }
    const preparing = prepareSledgehammer(folders, trust, {
      logger: silent,
      signal: stop.signal,
      build,
    })
    await expect(preparing).rejects.toBe('SIGTERM')
  })

  it('builds what is not there, and not what is', async () => {
    let builds = 0
    const build = async () => {
      builds++
      await putBuild('initramfs')
      return 0
    }
    await prepareSledgehammer(folders, trust, { ...options, build })
    await prepareSledgehammer(folders, trust, { ...options, build })
    expect(builds).toBe(1)
  })

  it.each(['a', 'ab', 'abc', 'abcd'])(
    'puts keys and authority behind the build %j at a multiple of four bytes, and leaves the build as it is',
    async (initramfs) => {
      await putBuild(initramfs)
      await prepareSledgehammer(folders, trust, options)
      const served = await readFile(join(folders.served, 'initramfs.zst'))
      expect(served.subarray(0, initramfs.length).toString()).toBe(initramfs)
      expect(served.indexOf('070701')).toBe(4)
      expect(fileInInitramfs(served, 'etc/repave/trusted-keys.json')).toBe(JSON.stringify([key]))
      expect(fileInInitramfs(served, 'etc/repave/authority.pem')).toBe(authority)
      expect(await readFile(join(folders.built, 'initramfs.zst'), 'utf8')).toBe(initramfs)
      expect(await readFile(join(folders.served, 'vmlinuz'), 'utf8')).toBe('kernel')
    },
  )
})
