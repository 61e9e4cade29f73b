import { randomBytes } from 'node:crypto'
import { open, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { MEBIBYTE } from '../../../src/base/byte-size.ts'
import { type ImageDaemonOptions, startImageDaemon } from '../../fakes/image-daemon.ts'

const chunk = 4 * MEBIBYTE
/** Three chunks: noise, zeros, noise. */
const first = Buffer.concat([randomBytes(chunk), Buffer.alloc(chunk), randomBytes(chunk)])
/** The next version: its last chunk differs, and nothing else. */
const second = Buffer.concat([first.subarray(0, 2 * chunk), randomBytes(chunk)])

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'repave-image-commands-'))
  await writeFile(join(folder, 'first.raw'), first)
  await writeFile(join(folder, 'second.raw'), second)
})
afterEach(() => rm(folder, { recursive: true }))

const startDaemon = (name = 'daemon', options: ImageDaemonOptions = {}) =>
  startImageDaemon(folder, name, options)

const packFiles = async (directory: string) => {
  const packs = join(directory, 'images', 'packs')
  return (await readdir(packs))
    .filter((file) => file.endsWith('.pack'))
    .map((file) => join(packs, file))
}
const packBytes = async (directory: string) => {
  const sizes = await Promise.all((await packFiles(directory)).map((path) => stat(path)))
  return sizes.reduce((sum, { size }) => sum + size, 0)
}

describe('repave image, with a store on disk behind it', () => {
  it('stores of the next version only what changed, and says so', async () => {
    const { directory, events, repave, importVersion } = await startDaemon()
    expect(await importVersion('first.raw', '1')).toMatchObject({ exitCode: 0 })
    expect(await packBytes(directory)).toBe(2 * chunk)
    expect(await importVersion('second.raw', '2')).toMatchObject({ exitCode: 0 })
    expect(await packBytes(directory)).toBe(3 * chunk)
    const { out } = await repave('image', 'diff', 'debian@1', 'debian')
    expect(out).toContain('changed    1 chunks, 4.0 MiB of the disk')
    expect(out).toContain('unchanged  2 chunks, 8.0 MiB of the disk')
    expect(out).toContain('shared     4.0 MiB stored once for both')
    expect(out).toContain('to fetch   4.0 MiB')
    const history = await repave('image', 'history', 'debian')
    const versions = history.out
      .split('\n')
      .slice(1, 3)
      .map((row) => row.split(/\s+/)[0])
    expect(versions).toEqual(['2', '1'])
    expect(events.map(({ action }) => action)).toEqual(['imported', 'imported'])
  })

  it('finds an older version by its name and by its digest', async () => {
    const { images, repave, importVersion } = await startDaemon()
    await importVersion('first.raw', '1')
    await importVersion('second.raw', '2')
    const old = await images.store.findImage('debian@1')
    expect((await repave('image', 'show', 'debian@1')).out).toContain(old?.image.digest)
    expect((await repave('image', 'show', old?.image.digest ?? '')).out).toContain('version 1')
    const unknown = await repave('image', 'show', 'debian@3')
    expect(unknown).toMatchObject({ exitCode: 3 })
    expect(unknown.err).toContain('repave image history debian')
  })

  it('I14 finds one flipped bit, puts the image into quarantine, and a new import heals it', async () => {
    const { directory, events, images, repave, importVersion } = await startDaemon()
    await importVersion('first.raw', '1')
    const [pack = ''] = await packFiles(directory)
    {
      await using file = await open(pack, 'r+')
      const byte = Buffer.alloc(1)
      await file.read(byte, 0, 1, 5000)
      await file.write(Buffer.from([(byte[0] ?? 0) ^ 1]), 0, 1, 5000)
    }
    const verified = await repave('image', 'verify', 'debian')
    expect(verified).toMatchObject({ exitCode: 1 })
    expect(verified.out).toContain('1 damaged')
    expect((await repave('image', 'list')).out).toContain('quarantined')
    const found = await images.store.findImage('debian')
    expect(found?.image.state).toBe('quarantined')
    expect(found && (await images.store.openPack(found.image.digest))).toBeUndefined()
    await importVersion('first.raw', '1')
    expect((await repave('image', 'verify', 'debian')).exitCode).toBe(0)
    expect((await images.store.findImage('debian'))?.image.state).toBe('ready')
    expect(events.map(({ action }) => action)).toEqual(['imported', 'quarantined', 'imported'])
  })

  it('frees bytes of a removed version only when they are collected, and keeps what others share', async () => {
    const { directory, repave, importVersion } = await startDaemon()
    await importVersion('first.raw', '1')
    await importVersion('second.raw', '2')
    // Whoever has looked an image up a moment ago may be about to deploy it; a restart forgets that.
    expect((await repave('image', 'rm', 'debian@2', '--yes')).exitCode).toBe(0)
    expect((await repave('image', 'gc')).out).toContain('freed 0 B')
    expect(await packBytes(directory)).toBe(3 * chunk)
    const again = await startDaemon('daemon', { socketName: 'restarted' })
    const dryRun = await again.repave('image', 'gc', '--dry-run')
    expect(dryRun.out).toContain('would remove  debian@2')
    expect(dryRun.out).toContain('would free 4.0 MiB')
    expect((await again.repave('image', 'gc')).out).toContain('freed 4.0 MiB, 8.0 MiB stored')
    expect(await packBytes(directory)).toBe(2 * chunk)
    expect((await again.repave('image', 'verify', 'debian')).exitCode).toBe(0)
  })

  it('carries an image to another daemon as one file, which takes it when it trusts the key', async () => {
    const here = await startDaemon('here')
    await here.importVersion('first.raw', '1')
    const file = join(folder, 'debian.repave')
    expect((await here.repave('image', 'export', 'debian', file)).exitCode).toBe(0)
    const stranger = await startDaemon('stranger')
    const refused = await stranger.repave('image', 'import', file)
    expect(refused.err).toContain('ERR_IMAGE_UNSIGNED')
    expect((await stranger.repave('image', 'list', '-o', 'name')).out).toBe('')
    const careless = await startDaemon('careless', { allowUnsigned: true })
    expect((await careless.repave('image', 'import', file)).exitCode).toBe(0)
    expect((await careless.repave('image', 'list')).out).toContain('unsigned')
    const trustedKeys = [here.images.keys.publicKeyBase64]
    const there = await startDaemon('there', { trustedKeys })
    expect((await there.repave('image', 'import', file)).exitCode).toBe(0)
    const [copy, original] = await Promise.all(
      [there, here].map(({ images }) => images.store.findImage('debian')),
    )
    expect(copy?.image).toMatchObject({ digest: original?.image.digest, signature: 'signed' })
    expect((await there.repave('image', 'verify', 'debian')).exitCode).toBe(0)
  })

  it.each([
    ['cut short', (bytes: Buffer) => bytes.subarray(0, -1)],
    ['with something behind its end', (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(1)])],
    [
      'with a flipped bit',
      (bytes: Buffer) => (bytes.writeUInt8((bytes.at(-9) ?? 0) ^ 1, bytes.length - 9), bytes),
    ],
  ])('I04 refuses an exported image %s, and keeps nothing of it', async (_name, spoil) => {
    const { directory, repave, importVersion } = await startDaemon()
    await importVersion('first.raw', '1')
    const file = join(folder, 'debian.repave')
    await repave('image', 'export', 'debian', file)
    await writeFile(file, spoil(await readFile(file)))
    expect((await repave('image', 'import', file)).err).toContain('ERR_IMAGE_ARCHIVE')
    expect(await packBytes(directory)).toBe(2 * chunk)
    expect(await readdir(join(directory, 'images', 'incoming'))).toEqual([])
  })

  it('R1 rotates keys: images are signed by the key that machines trust since they booted', async () => {
    const { images, repave, importVersion, published } = await startDaemon()
    await importVersion('first.raw', '1')
    const [old, next] = images.keys.trusted()
    expect((await repave('key', 'list')).out).toContain(next?.keyId)
    const rotated = await repave('key', 'rotate', '--yes')
    expect(rotated.err).toContain(`1 images signed anew, key ${old?.keyId} retired`)
    expect((await images.store.findImage('debian'))?.signed.keyId).toBe(next?.keyId)
    expect(published.map((keys) => keys[0]?.keyId)).toEqual([next?.keyId])
    expect(published[0]?.map(({ keyId }) => keyId)).not.toContain(old?.keyId)
    expect((await images.store.findImage('debian'))?.image.state).toBe('ready')
  })
})
