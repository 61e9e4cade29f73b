import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs'
import { join } from 'node:path'

/**
 * The kernel's /proc and /sys below `root` (`/` on a machine, a directory tree in tests). Reads are
 * synchronous: these files are made by the kernel on the spot and never wait for a disk.
 */
export class KernelFiles {
  readonly #root: string

  constructor(root = '/') {
    this.#root = root
  }

  exists(path: string): boolean {
    return existsSync(this.absolutePath(path))
  }

  /** @throws {Error} as `readFileSync` does */
  bytes(path: string): Buffer {
    return readFileSync(this.absolutePath(path))
  }

  /** Without surrounding white space. @throws {Error} as `readFileSync` does */
  text(path: string): string {
    return this.bytes(path).toString('latin1').trim()
  }

  /** Undefined when the file is absent or empty, or the driver does not know. Other errors are thrown. */
  optionalText(path: string): string | undefined {
    return this.optionalBytes(path)?.toString('latin1').trim() || undefined
  }

  optionalBytes(path: string): Buffer | undefined {
    try {
      return this.bytes(path)
    } catch (error) {
      if (meansAbsent(error)) return undefined
      throw error
    }
  }

  /** Sorted; empty when there is no such directory. */
  names(path: string): string[] {
    try {
      return readdirSync(this.absolutePath(path)).sort()
    } catch (error) {
      if (meansAbsent(error)) return []
      throw error
    }
  }

  /** Where a symbolic link leads, all links followed; undefined when it is absent. */
  realPath(path: string): string | undefined {
    try {
      return realpathSync(this.absolutePath(path))
    } catch (error) {
      if (meansAbsent(error)) return undefined
      throw error
    }
  }

  /** The last part of a link's target; undefined when it is absent. */
  linkName(path: string): string | undefined {
    try {
      return readlinkSync(this.absolutePath(path)).split('/').at(-1)
    } catch (error) {
      if (meansAbsent(error)) return undefined
      throw error
    }
  }

  /** Where `path` is for those who open it themselves. */
  absolutePath(path: string): string {
    return join(this.#root, path)
  }
}

/** ENODEV, EOPNOTSUPP, ENXIO and EINVAL are how drivers say that they have no such fact. */
function meansAbsent(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code ?? ''
  return ['ENOENT', 'ENOTDIR', 'ENODEV', 'EOPNOTSUPP', 'ENXIO', 'EINVAL'].includes(code)
}
