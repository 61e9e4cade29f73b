import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import { KernelFiles } from '../../src/agent/linux/kernel-files.ts'

/** A /proc and /sys of our own making: real files and links in a temporary directory. */
export class KernelTree implements Disposable {
  readonly root: string
  readonly files: KernelFiles

  constructor() {
    this.root = mkdtempSync(join(tmpdir(), 'kernel-'))
    this.files = new KernelFiles(this.root)
    this.write({ '/proc/self/mountinfo': '', '/proc/swaps': 'Filename Type Size Used Priority\n' })
  }

  write(contents: Record<string, string | Uint8Array>): this {
    for (const [path, content] of Object.entries(contents)) {
      const target = join(this.root, path)
      mkdirSync(dirname(target), { recursive: true })
      writeFileSync(target, content)
    }
    return this
  }

  link(path: string, target: string): this {
    mkdirSync(join(this.root, dirname(path)), { recursive: true })
    symlinkSync(join(this.root, target), join(this.root, path))
    return this
  }

  remove(path: string): this {
    rmSync(join(this.root, path), { recursive: true })
    return this
  }

  /** A file whose reading fails with EISDIR, as a broken device's fails with EIO. */
  makeUnreadable(path: string): this {
    rmSync(join(this.root, path), { recursive: true, force: true })
    mkdirSync(join(this.root, path), { recursive: true })
    return this
  }

  /** A disk with the facts every disk has, below the device path given. */
  disk(name: string, facts: Record<string, string | Uint8Array> = {}, bus = '/virtio2'): this {
    const device = `/sys/devices/pci0000:00/0000:00:04.0${bus}/block/${name}`
    const usual = {
      size: '8388608\n',
      removable: '0\n',
      ro: '0\n',
      dev: '254:0\n',
      'queue/logical_block_size': '512\n',
      'queue/physical_block_size': '4096\n',
      'queue/rotational': '1\n',
    }
    for (const [file, content] of Object.entries({ ...usual, ...facts })) {
      this.write({ [`${device}/${file}`]: content })
    }
    return this.link(`/sys/block/${name}`, device)
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true })
  }
}
