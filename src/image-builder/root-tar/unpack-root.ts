import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import {
  chmod,
  lchown,
  link,
  lstat,
  lutimes,
  mkdir,
  open,
  rename,
  rm,
  symlink,
} from 'node:fs/promises'

import { readTar } from '../../protocol/tar/read-tar.ts'
import { safeTarPath } from '../../protocol/tar/safe-path.ts'
import type { TarMember } from '../../protocol/tar/tar-member.ts'
import { TarRefusedError } from '../../protocol/tar/tar-refused-error.ts'
import { decompressed } from './decompressed.ts'

export interface UnpackedRoot {
  /** 64 hex digits over the file as it came. */
  readonly digest: string
  readonly members: number
  /** Device nodes and the like: the kernel makes its own at boot. */
  readonly leftOut: number
  /** Seconds since 1970 of the youngest member. */
  readonly newestSeconds: number
}

/**
 * Unpacks the archive of a root file system, plain or in gzip or zstd, into an empty folder, with
 * owners, modes and times. Links are made after everything else, so that on the way to a file there
 * is never one: nothing leaves the folder.
 *
 * @throws {TarRefusedError} when it is cut off, is no archive, or holds what no root file system holds
 */
export async function unpackRoot(file: string, rootDirectory: string): Promise<UnpackedRoot> {
  const hash = createHash('sha256')
  const unpacking = new Unpacking(rootDirectory)
  await mkdir(rootDirectory, { recursive: true, mode: 0o755 })
  const bytes = createReadStream(file, { highWaterMark: 1_048_576 })
  bytes.on('data', (part) => hash.update(part))
  let members = 0
  await readTar(decompressed(bytes), async (member, content) => {
    members++
    await unpacking.take(member, content)
  })
  await unpacking.finish()
  const { leftOut, newestSeconds } = unpacking
  return { digest: hash.digest('hex'), members, leftOut, newestSeconds }
}

/** Names are bytes; Node takes them as such. */
type Place = Buffer

class Unpacking {
  readonly #root: string
  /** Member by its path in the root; a later one of the same name wins. */
  readonly #links = new Map<string, TarMember>()
  /** In the order of their coming; modes and times are set when nothing is written into them any more. */
  readonly #folders = new Map<string, TarMember>()
  leftOut = 0
  newestSeconds = 0

  constructor(root: string) {
    this.#root = root
  }

  async take(member: TarMember, content: AsyncIterable<Uint8Array>): Promise<void> {
    const names = this.#safe(member.path, member)
    const path = names.join('/')
    this.newestSeconds = Math.max(this.newestSeconds, member.modifiedSeconds)
    if (member.type === 'directory') {
      if (names.length > 0) await this.#makeFolder(names, member)
      this.#folders.set(path, member)
      return
    }
    if (names.length === 0) throw refusal(member, 'a file in the place of the root itself')
    if (member.type === 'symlink') {
      this.#links.set(path, member)
    } else if (member.type === 'file') {
      await this.#writeFile(names, member, content)
    } else if (member.type === 'hard-link') {
      await this.#makeHardLink(names, member)
    } else {
      this.leftOut++
    }
  }

  async #writeFile(
    names: readonly string[],
    member: TarMember,
    content: AsyncIterable<Uint8Array>,
  ) {
    const place = await this.#emptyPlace(names, member)
    await using file = await open(place, 'wx', 0o600)
    for await (const part of content) await file.writev([part])
    await file.chown(member.userId, member.groupId)
    // Behind the owner: a change of owner takes setuid away.
    await file.chmod(member.mode)
    await file.utimes(member.modifiedSeconds, member.modifiedSeconds)
  }

  async #makeHardLink(names: readonly string[], member: TarMember) {
    const target = this.#safe(member.linkTarget, member)
    const ofLink = this.#links.get(target.join('/'))
    if (ofLink !== undefined) {
      this.#links.set(names.join('/'), ofLink)
      return
    }
    if (names.join('/') === target.join('/')) return
    const existing = this.#place(target)
    const found = await lstat(existing).catch(() => undefined)
    if (found?.isFile() !== true) throw refusal(member, 'a hard link to what is no file before it')
    await link(existing, await this.#emptyPlace(names, member))
  }

  /** The place of a file: its folders made, what stood there removed. */
  async #emptyPlace(names: readonly string[], member: TarMember): Promise<Place> {
    await this.#makeFolder(names.slice(0, -1), member)
    const place = this.#place(names)
    this.#links.delete(names.join('/'))
    await rm(place, { force: true }).catch(() => {
      throw refusal(member, 'a file in the place of a folder')
    })
    return place
  }

  async #makeFolder(names: readonly string[], member: TarMember): Promise<void> {
    await mkdir(this.#place(names), { recursive: true, mode: 0o755 }).catch(() => {
      throw refusal(member, 'a folder in the place of a file')
    })
  }

  /** Links, then the folders' own modes and times, the innermost first. */
  async finish(): Promise<void> {
    for (const [path, member] of this.#links) {
      const place = this.#place(path.split('/'))
      await this.#makeFolder(path.split('/').slice(0, -1), member)
      const existing = await lstat(place).catch(() => undefined)
      if (existing?.isDirectory() === true) throw refusal(member, 'a link in the place of a folder')
      // Beside it and then over it: what stands there may be a link that was made before.
      const beside = Buffer.concat([place, Buffer.from('.new-link')])
      await symlink(bytesOf(member.linkTarget), beside)
      await lchown(beside, member.userId, member.groupId)
      await lutimes(beside, member.modifiedSeconds, member.modifiedSeconds)
      await rename(beside, place)
    }
    const paths = [...this.#folders].toSorted(([left], [right]) => (left < right ? 1 : -1))
    for (const [path, member] of paths) {
      const place = this.#place(path === '' ? [] : path.split('/'))
      await lchown(place, member.userId, member.groupId)
      await chmod(place, member.mode)
      await lutimes(place, member.modifiedSeconds, member.modifiedSeconds)
    }
  }

  #safe(path: string, member: TarMember): readonly string[] {
    const names = safeTarPath(path)
    if (names.ok) return names.value
    throw refusal(member, names.reason)
  }

  #place(names: readonly string[]): Place {
    const inside = names.length === 0 ? '' : `/${names.join('/')}`
    return Buffer.concat([Buffer.from(this.#root), bytesOf(inside)])
  }
}

function bytesOf(text: string): Buffer {
  return Buffer.from(text, 'latin1')
}

function refusal(member: TarMember, reason: string): TarRefusedError {
  return new TarRefusedError(member.path, reason)
}
