import { inertText } from '../base/ascii.ts'
import { CodedError } from '../base/coded-error.ts'

/** One thing wrong with a recipe. */
export interface RecipeFault {
  /** From 1. */
  readonly line: number
  /** From 1. */
  readonly column: number
  readonly message: string
}

/** A recipe is missing or says something that cannot be built. Carries every fault at once. */
export class ImageRecipeInvalidError extends CodedError {
  readonly code = 'ERR_IMAGE_RECIPE_INVALID'
  readonly file: string
  readonly faults: readonly RecipeFault[]

  constructor(file: string, faults: readonly RecipeFault[]) {
    const lines = faults.map(
      ({ line, column, message }) => `${file}:${line}:${column} ${inertText(message, 500)}`,
    )
    super(lines.join('\n'), { remedy: 'correct the lines above and build again' })
    this.file = file
    this.faults = faults
  }
}

/** Only root may make device nodes and files of other owners, which a root file system has. */
export class ImageBuildNeedsRootError extends CodedError {
  readonly code = 'ERR_IMAGE_BUILD_NEEDS_ROOT'

  constructor() {
    super('building an image takes root', { remedy: 'run the same command with sudo' })
  }
}

/** The machine that builds has another processor than the image. */
export class ImageArchUnsupportedError extends CodedError {
  readonly code = 'ERR_IMAGE_ARCH_UNSUPPORTED'
  readonly arch: string

  constructor(arch: string) {
    super(`images for ${arch} cannot be built here`, {
      remedy: 'build on x86_64 for x86_64, the one architecture this builder makes bootable',
    })
    this.arch = arch
  }
}

/** apt on this machine knows no source of the recipe's release. */
export class NoAptSourceError extends CodedError {
  readonly code = 'ERR_IMAGE_NO_APT_SOURCE'
  readonly suite: string

  constructor(suite: string) {
    super(`apt on this machine has no source of Debian ${suite}`, {
      remedy: 'add one to /etc/apt/sources.list',
    })
    this.suite = suite
  }
}

/** A step of the build ran and failed; `output` holds its last lines. */
export class ImageBuildStepError extends CodedError {
  readonly code = 'ERR_IMAGE_BUILD_STEP_FAILED'
  readonly command: string
  readonly output: string

  constructor(command: string, output: string) {
    const lines = output.trim().split('\n').slice(-15)
    const lastLines = lines.map((line) => inertText(line, 300)).join('\n')
    super(`${command} failed:\n${lastLines}`, {
      remedy: 'read the lines above; when a package could not be fetched, run it again',
    })
    this.command = command
    this.output = lastLines
  }

  /** Mirrors and networks come back. */
  override shouldRetry(): boolean {
    return true
  }
}

/** What was built does not fit where it has to stand. */
export class ImageTooSmallError extends CodedError {
  readonly code = 'ERR_IMAGE_TOO_SMALL'

  constructor(what: string) {
    super(what, { remedy: 'raise "size" in image.yaml, or --size' })
  }
}

/** A root file system that has nothing a machine could start. */
export class RootNotBootableError extends CodedError {
  readonly code = 'ERR_ROOT_NOT_BOOTABLE'

  constructor(what: string) {
    super(`the root file system does not boot: ${what}`, {
      remedy:
        'install a kernel and its initramfs in it before it is archived, such as with apt-get install linux-image-amd64',
    })
  }
}
