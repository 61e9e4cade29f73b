import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { readDisk } from '../../src/agent/linux/block-devices.ts'
import { KernelFiles } from '../../src/agent/linux/kernel-files.ts'
import type { Disk } from '../../src/contract/machine.ts'

export interface LoopDevice extends Disposable {
  readonly disk: Disk
  /** The file behind it. */
  readonly backingPath: string
}

/** A real block device over a sparse file. Needs root. */
export function attachLoopDevice(
  sizeBytes: number,
  options: { sectorBytes?: 512 | 4096; fill?: number } = {},
): LoopDevice {
  const directory = mkdtempSync(join(tmpdir(), 'loop-'))
  const backingPath = join(directory, 'disk')
  writeFileSync(backingPath, Buffer.alloc(options.fill === undefined ? 0 : sizeBytes, options.fill))
  truncateSync(backingPath, sizeBytes)
  const sector = ['--sector-size', String(options.sectorBytes ?? 512)]
  const path = execFileSync('losetup', ['--find', '--show', ...sector, backingPath], {
    encoding: 'utf8',
  }).trim()
  return {
    disk: readDisk(new KernelFiles(), path.replace('/dev/', '')),
    backingPath,
    [Symbol.dispose]: () => {
      execFileSync('losetup', ['--detach', path])
      rmSync(directory, { recursive: true })
    },
  }
}
