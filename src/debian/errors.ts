import { CodedError } from '../base/coded-error.ts'

/** Debian packages are absent, and this process may not install them. */
export class DebianPackagesMissingError extends CodedError {
  readonly code = 'ERR_DEBIAN_PACKAGES_MISSING'
  readonly packages: readonly string[]

  constructor(packages: readonly string[]) {
    super(`missing Debian packages: ${packages.join(', ')}`, {
      remedy: `run as root: apt-get install -y --no-install-recommends ${packages.join(' ')}`,
    })
    this.packages = packages
  }
}

/** This system has no apt and dpkg, so packages can be neither looked up nor fetched. */
export class NotDebianError extends CodedError {
  readonly code = 'ERR_NOT_DEBIAN'
  readonly packages: readonly string[]

  constructor(packages: readonly string[]) {
    super(`this system has no dpkg and apt-get; needed from Debian: ${packages.join(', ')}`, {
      remedy: 'run this on Debian 12 or newer, or in a container made from it',
    })
    this.packages = packages
  }
}

/** A package tool ran and failed; `output` holds its last lines. */
export class PackageToolError extends CodedError {
  readonly code = 'ERR_PACKAGE_TOOL_FAILED'
  readonly command: string
  readonly output: string

  constructor(command: string, output: string) {
    const lastLines = output.trim().split('\n').slice(-5).join('\n')
    super(`${command} failed: ${lastLines}`, {
      remedy: 'check the network and /etc/apt/sources.list, then run it again',
    })
    this.command = command
    this.output = lastLines
  }

  /** Mirrors and networks come back. */
  override shouldRetry(): boolean {
    return true
  }
}
