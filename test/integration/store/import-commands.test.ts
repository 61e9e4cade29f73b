import { execFileSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { createReadStream, readFileSync } from 'node:fs'
import { mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { MEBIBYTE } from '../../../src/base/byte-size.ts'
import { type ImageDaemonOptions, startImageDaemon } from '../../fakes/image-daemon.ts'
import { serveCut, startFileServer } from '../../fakes/misbehaving-file-server.ts'

/** Noise, a hole, text, and an end within a cluster of every format: 6 MiB and 1 KiB. */
const disk = Buffer.concat([
  randomBytes(MEBIBYTE),
  Buffer.alloc(4 * MEBIBYTE),
  Buffer.alloc(MEBIBYTE, 'a disk of text, which is easy to compress. '),
  randomBytes(1024),
])
const digestOf = (bytes: Uint8Array) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`
const sha512 = (bytes: Uint8Array) => createHash('sha512').update(bytes).digest('hex')

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'repave-import-commands-'))
  await writeFile(join(folder, 'disk.raw'), disk)
  for (const packer of ['gzip', 'bzip2', 'xz']) run(packer, '-k', 'disk.raw')
})
afterAll(() => rm(folder, { recursive: true }))

let daemons = 0
const startDaemon = (options: ImageDaemonOptions = {}) =>
  startImageDaemon(folder, `daemon-${daemons++}`, { fetchFrom: ['127.0.0.1'], ...options })
const run = (command: string, ...argv: string[]) =>
  execFileSync(command, argv, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] })
const convert = (name: string, ...argv: string[]) =>
  run('qemu-img', 'convert', '-f', 'raw', ...argv, 'disk.raw', name)

/** Imports a file and gives the raw digest and the formats of what was stored. */
async function imported(daemon: Awaited<ReturnType<typeof startDaemon>>, ...argv: string[]) {
  const told = await daemon.repave('image', 'import', ...argv, '--name', 'disk')
  expect(told).toMatchObject({ exitCode: 0 })
  const found = await daemon.images.store.findImage('disk')
  return { rawDigest: found?.image.rawDigest, provenance: found?.image.provenance }
}

describe('repave image import', () => {
  it.each([
    ['qcow2, version 2', ['-O', 'qcow2', '-o', 'compat=0.10'], ['qcow2']],
    ['qcow2, version 3', ['-O', 'qcow2', '-o', 'compat=1.1'], ['qcow2']],
    ['qcow2, small clusters', ['-O', 'qcow2', '-o', 'cluster_size=4k'], ['qcow2']],
    ['qcow2, large clusters', ['-O', 'qcow2', '-o', 'cluster_size=2M'], ['qcow2']],
    ['qcow2, zlib', ['-c', '-O', 'qcow2'], ['qcow2']],
    ['qcow2, version 2, zlib', ['-c', '-O', 'qcow2', '-o', 'compat=0.10'], ['qcow2']],
    ['qcow2, zstd', ['-c', '-O', 'qcow2', '-o', 'compression_type=zstd'], ['qcow2']],
    [
      'qcow2, zstd, large clusters',
      ['-c', '-O', 'qcow2', '-o', 'compression_type=zstd,cluster_size=2M'],
      ['qcow2'],
    ],
    ['qcow2, preallocated', ['-O', 'qcow2', '-o', 'preallocation=metadata'], ['qcow2']],
    ['VMDK, sparse', ['-O', 'vmdk', '-o', 'subformat=monolithicSparse'], ['vmdk']],
    ['VMDK, stream', ['-O', 'vmdk', '-o', 'subformat=streamOptimized'], ['vmdk']],
    ['VHD, dynamic', ['-O', 'vpc', '-o', 'subformat=dynamic,force_size=on'], ['vhd']],
    ['VHDX, dynamic', ['-O', 'vhdx', '-o', 'block_size=1M'], ['vhdx']],
    ['VHDX, fixed', ['-O', 'vhdx', '-o', 'block_size=1M,subformat=fixed'], ['vhdx']],
  ])('gives the disk inside a %s', async (name, argv, formats) => {
    const daemon = await startDaemon()
    const file = join(folder, name.replaceAll(/\W+/g, '-'))
    convert(file, ...argv)
    const { rawDigest, provenance } = await imported(daemon, file)
    expect(rawDigest).toBe(digestOf(disk))
    expect(provenance).toMatchObject({ formats, sourceDigest: digestOf(readFileSync(file)) })
    expect(await readdir(join(daemon.directory, 'import'))).toEqual([])
  })

  it('gives the disk inside a VHD of fixed size, when it is said to be one', async () => {
    const daemon = await startDaemon()
    convert('fixed.vhd', '-O', 'vpc', '-o', 'subformat=fixed,force_size=on')
    const file = join(folder, 'fixed.vhd')
    const refused = await daemon.repave('image', 'import', file, '--name', 'disk')
    expect(refused.err).toContain('--format vhd')
    expect((await imported(daemon, file, '--format', 'vhd')).rawDigest).toBe(digestOf(disk))
  })

  it.each([
    ['xz', ['xz', '-T1', '-0'], 'xz'],
    ['xz in blocks', ['xz', '-T2', '-0', '--block-size=1MiB'], 'xz'],
    ['bzip2', ['bzip2', '-1'], 'bzip2'],
    ['gzip', ['gzip'], 'gzip'],
    ['zstd', ['zstd', '-q'], 'zstd'],
  ])('gives the disk inside %s, from standard input', async (name, command, format) => {
    const daemon = await startDaemon()
    const [program = '', ...argv] = command
    const ending = `.${name.replaceAll(' ', '-')}-packed`
    run('sh', '-c', `${[program, ...argv].join(' ')} -c disk.raw > disk.raw${ending}`)
    const stdin = createReadStream(join(folder, `disk.raw${ending}`))
    const argvOfImport = ['image', 'import', '-', '--name', 'disk', '--raw-sha512', sha512(disk)]
    expect(await daemon.repaveFed(stdin, ...argvOfImport)).toMatchObject({ exitCode: 0 })
    const found = await daemon.images.store.findImage('disk')
    expect(found?.image).toMatchObject({
      rawDigest: digestOf(disk),
      provenance: { origin: { kind: 'stdin' }, formats: [format, 'raw'] },
    })
  })

  it.each([
    ['xz', '.xz', (bytes: Buffer) => bytes.subarray(0, -5)],
    ['bzip2', '.bz2', (bytes: Buffer) => bytes.subarray(0, -5)],
    ['xz', '.xz', (bytes: Buffer) => Buffer.concat([bytes, Buffer.from('garbage')])],
    ['bzip2', '.bz2', (bytes: Buffer) => Buffer.concat([bytes, Buffer.from('garbage')])],
    ['xz', '.xz', (bytes: Buffer) => bytes.fill(0x55, 500_000, 500_010)],
    ['bzip2', '.bz2', (bytes: Buffer) => bytes.fill(0x55, 500_000, 500_010)],
  ])('I04 refuses a damaged %s and keeps nothing of it', async (_program, ending, spoil) => {
    const daemon = await startDaemon()
    const file = join(folder, `spoilt${ending}`)
    await writeFile(file, spoil(readFileSync(join(folder, `disk.raw${ending}`))))
    const told = await daemon.repave('image', 'import', file, '--name', 'disk')
    expect(told.err).toContain('ERR_IMAGE_DAMAGED')
    expect(told.exitCode).toBe(1)
    expect(await daemon.images.store.listImages()).toEqual([])
    expect(await readdir(join(daemon.directory, 'images', 'incoming'))).toEqual([])
    expect(daemon.events).toMatchObject([
      { action: 'import-failed', key: 'disk', body: { code: 'ERR_IMAGE_DAMAGED' } },
    ])
  })

  it('I04 stops an xz bomb at the largest image', async () => {
    const daemon = await startDaemon({ largestImageBytes: 16 * MEBIBYTE })
    const bomb = join(folder, 'bomb')
    await writeFile(bomb, '')
    await truncate(bomb, 256 * MEBIBYTE)
    run('xz', '-0', '-f', 'bomb')
    const told = await daemon.repave('image', 'import', `${bomb}.xz`, '--name', 'bomb')
    expect(told.err).toContain('ERR_IMAGE_TOO_LARGE')
  })

  it.each([
    ['a backing file', ['create', '-f', 'qcow2', '-b', '/etc/shadow', '-F', 'raw']],
    [
      'a backing file by address',
      ['create', '-u', '-f', 'qcow2', '-b', 'nbd://127.0.0.1/x', '-F', 'raw'],
    ],
    [
      'a backing file by description',
      [
        'create',
        '-u',
        '-f',
        'qcow2',
        '-b',
        'json:{"driver":"file","filename":"/etc/shadow"}',
        '-F',
        'raw',
      ],
    ],
    ['data elsewhere', ['create', '-f', 'qcow2', '-o', 'data_file=elsewhere.raw,data_file_raw=on']],
    ['extended entries', ['create', '-f', 'qcow2', '-o', 'extended_l2=on']],
    ['its descriptor alone', ['create', '-f', 'vmdk', '-o', 'subformat=monolithicFlat']],
    ['a VMDK parent', ['create', '-f', 'vmdk', '-b', 'parent.vmdk', '-F', 'vmdk']],
    ['extents in other files', ['create', '-f', 'vmdk', '-o', 'subformat=twoGbMaxExtentSparse']],
  ])('I01 refuses a disk with %s', async (name, argv) => {
    const daemon = await startDaemon()
    run('qemu-img', 'create', '-q', '-f', 'vmdk', 'parent.vmdk', '64M')
    const file = join(folder, name.replaceAll(/\W+/g, '-'))
    run('qemu-img', ...argv, file, '64M')
    const told = await daemon.repave('image', 'import', file, '--name', 'disk')
    expect(told.err).toMatch(/ERR_IMAGE_(?:UNSAFE|FORMAT)/)
    expect(await daemon.images.store.listImages()).toEqual([])
  })

  it('I01 refuses a disk that claims to be larger than any that is taken', async () => {
    const daemon = await startDaemon({ largestImageBytes: 1024 * MEBIBYTE })
    for (const format of ['qcow2', 'vmdk', 'vhdx']) {
      run('qemu-img', 'create', '-q', '-f', format, `huge.${format}`, '20G')
      const file = join(folder, `huge.${format}`)
      const told = await daemon.repave('image', 'import', file, '--name', 'disk')
      expect(told.err).toContain('ERR_IMAGE_TOO_LARGE')
    }
  })

  it('I06 refuses what somebody vouched for in other words, and keeps the checksum that was right', async () => {
    const daemon = await startDaemon()
    const file = join(folder, 'disk.raw.gz')
    const packed = readFileSync(file)
    const wrong = await daemon.repave(
      'image',
      'import',
      file,
      '--name',
      'x',
      '--sha512',
      sha512(disk),
    )
    expect(wrong.err).toContain('ERR_IMAGE_CHECKSUM')
    await imported(daemon, file, '--sha512', sha512(packed), '--raw-sha512', sha512(disk))
    const { out } = await daemon.repave('image', 'show', 'disk')
    expect(out).toContain('disk.raw.gz  raw in gzip')
    expect(out).toContain(`verified sha512:${sha512(packed)}`)
    expect(out).toContain(`verified sha512:${sha512(disk)}`)
    expect(out).toContain(`source digest  ${digestOf(packed)}`)
  })

  it.each([
    ['--sha256', 'd41d8cd98f00b204e9800998ecf8427e'],
    ['--sha256', 'x'.repeat(64)],
    ['--sha512', 'a'.repeat(64)],
    ['--format', 'iso'],
    ['--sector-size', '2048'],
  ])('I05 takes no %s %s', async (option, value) => {
    const daemon = await startDaemon()
    const file = join(folder, 'disk.raw')
    const told = await daemon.repave('image', 'import', file, '--name', 'x', option, value)
    expect(told).toMatchObject({ exitCode: 2, out: '' })
  })

  it('fetches from an address, and goes on where the connection breaks', async () => {
    const daemon = await startDaemon()
    await using server = await startFileServer(serveCut(disk, { cutAfter: 1_000_000 }))
    const url = `http://127.0.0.1:${server.port}/images/disk.raw`
    const secret = url.replace('//', '//me:secret@')
    const argv = [`${secret}?token=hidden`, '--sha512', sha512(disk)]
    const { rawDigest, provenance } = await imported(daemon, ...argv)
    expect(rawDigest).toBe(digestOf(disk))
    expect(provenance?.origin).toEqual({ kind: 'url', url })
    expect(server.seen).toHaveLength(Math.ceil(disk.length / 1_000_000))
    const { out } = await daemon.repave('image', 'history', 'disk')
    expect(out).toContain(url)
    expect(JSON.stringify([out, daemon.events])).not.toMatch(/secret|hidden/)
  })

  it('I07 fetches from no private address that the operator has not allowed', async () => {
    const daemon = await startDaemon({ fetchFrom: [] })
    await using server = await startFileServer(serveCut(disk))
    const url = `http://127.0.0.1:${server.port}/disk.raw`
    const told = await daemon.repave(
      ...['image', 'import', url, '--name', 'x', '--sha512', sha512(disk)],
    )
    expect(told.err).toContain('ERR_URL_REFUSED')
    expect(told.err).toContain('images.fetchFrom')
    expect(server.seen).toEqual([])
  })

  it('takes an exported image from a file alone, and says so elsewhere', async () => {
    const daemon = await startDaemon()
    await imported(daemon, join(folder, 'disk.raw'))
    const file = join(folder, 'disk.repave')
    await daemon.repave('image', 'export', 'disk', file)
    const told = await daemon.repaveFed(
      createReadStream(file),
      'image',
      'import',
      '-',
      '--name',
      'x',
    )
    expect(told.err).toContain('import the file itself')
  })

  it('asks for a name, and says what is wrong with one', async () => {
    const daemon = await startDaemon()
    const file = join(folder, 'disk.raw')
    expect(await daemon.repave('image', 'import', file)).toMatchObject({ exitCode: 2 })
    expect((await daemon.repave('image', 'import', file, '--name', '../x')).exitCode).toBe(2)
  })
})
