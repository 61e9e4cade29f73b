import { type FileHandle, open } from 'node:fs/promises'

/** A pack file that is open for reading, shared by all who read it. */
export interface OpenPack {
  readonly file: FileHandle
  /** Once, by whoever was given it. */
  release(): void
}

interface Entry {
  readonly path: string
  readonly opening: Promise<FileHandle>
  users: number
  closing?: NodeJS.Timeout
}

/** How long a file stays open that nobody reads: machines come back for the next chunk at once. */
const idleMs = 1000

/** Pack files by path, each opened once for many readers. */
export class OpenPacks {
  readonly #entries = new Map<string, Entry>()

  /** @throws {NodeJS.ErrnoException} */
  async open(path: string): Promise<OpenPack> {
    const entry = this.#entries.get(path) ?? { path, opening: open(path), users: 0 }
    this.#entries.set(path, entry)
    clearTimeout(entry.closing)
    entry.users++
    try {
      return { file: await entry.opening, release: () => this.#release(entry) }
    } catch (error) {
      this.#drop(entry)
      throw error
    }
  }

  /** The next one to open it finds what is there then; those who read it keep it until they are done. */
  forget(path: string): void {
    const entry = this.#entries.get(path)
    if (entry === undefined) return
    this.#drop(entry)
    if (entry.users === 0) close(entry)
  }

  #release(entry: Entry): void {
    entry.users--
    if (entry.users > 0) return
    if (this.#entries.get(entry.path) !== entry) return close(entry)
    entry.closing = setTimeout(() => this.forget(entry.path), idleMs).unref()
  }

  #drop(entry: Entry): void {
    clearTimeout(entry.closing)
    if (this.#entries.get(entry.path) === entry) this.#entries.delete(entry.path)
  }
}

/** A file that was only read loses nothing when closing it fails. */
function close({ opening }: Entry): void {
  opening.then((file) => file.close()).catch(() => {})
}
