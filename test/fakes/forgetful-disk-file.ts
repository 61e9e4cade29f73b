import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, open, rename, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)

/**
 * Stands in for the file of a machine's disk: writes go to a cache in front of it (nbdkit) that only a
 * flush empties, and that a power cut loses whole. The machine needs not know.
 */
export class ForgetfulDiskFile implements AsyncDisposable {
  /** What is sure to be there when the power is back. */
  readonly mediumPath: string
  readonly #mountPoint: string
  readonly #socketPath: string
  #processes: ChildProcess[] = []

  private constructor(path: string) {
    this.mediumPath = `${path}.medium`
    this.#mountPoint = `${path}.mount`
    this.#socketPath = `${path}.socket`
  }

  /** Takes the place of the file at `path`, while nobody has it open. */
  static async inPlaceOf(path: string): Promise<ForgetfulDiskFile> {
    const disk = new ForgetfulDiskFile(path)
    await rename(path, disk.mediumPath)
    await mkdir(disk.#mountPoint)
    await symlink(join(disk.#mountPoint, 'nbd'), path)
    await disk.powerUp()
    return disk
  }

  async powerUp(): Promise<void> {
    await rm(this.#socketPath, { force: true })
    const server = ['-f', '-U', this.#socketPath, '--filter=cache', 'file', this.mediumPath]
    await this.#start('nbdkit', [...server, 'cache=writeback'], this.#socketPath)
    const uri = `nbd+unix:///?socket=${this.#socketPath}`
    await this.#start('nbdfuse', [this.#mountPoint, uri], join(this.#mountPoint, 'nbd'))
  }

  /** The machine must have been switched off, the hard way. */
  async cutPower(): Promise<void> {
    const [server, ...others] = this.#processes.splice(0)
    server?.kill('SIGKILL')
    await run('fusermount3', ['-u', '-z', this.#mountPoint]).catch(() => undefined)
    for (const process of [server, ...others]) {
      if (process?.exitCode === null && process.signalCode === null) await once(process, 'exit')
    }
  }

  async readMedium(offset: number, length: number): Promise<Buffer> {
    await using file = await open(this.mediumPath)
    const bytes = Buffer.alloc(length)
    await file.read(bytes, 0, length, offset)
    return bytes
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cutPower()
  }

  /** Resolves once `sign` is there. */
  async #start(program: string, argv: readonly string[], sign: string): Promise<void> {
    const child = spawn(program, argv, { stdio: 'ignore' })
    this.#processes.push(child)
    for (let tries = 0; !existsSync(sign); tries++) {
      if (child.exitCode !== null || tries > 1000) throw new Error(`${program} did not start`)
      await sleep(10)
    }
  }
}
