import { CodedError } from '../../../base/coded-error.ts'
import { nearestWord } from '../../../base/nearest-word.ts'

/** Values that do not fit their params, or are of params that nobody has described. Nothing was changed. */
export class ParamInvalidError extends CodedError {
  readonly code = 'ERR_PARAM_INVALID'
  /** `machine node-1: console: expected text, found 7`. */
  readonly faults: readonly string[]

  constructor(faults: readonly string[]) {
    super(faults.join('; '), { remedy: '`repave param list` shows every param and what fits it' })
    this.faults = faults
  }
}

/** A machine has a profile that the content does not, or was to get one. */
export class ProfileNotFoundError extends CodedError {
  readonly code = 'ERR_PROFILE_NOT_FOUND'
  readonly profile: string

  constructor(profile: string, known: readonly string[]) {
    const nearest = nearestWord(profile, known)
    super(`there is no profile called ${profile}`, {
      remedy:
        nearest === undefined
          ? '`repave profile list` shows those there are: folders under profiles/'
          : `did you mean ${nearest}?`,
    })
    this.profile = profile
  }
}

/** The file with the value of a secret param is not there, or holds what does not fit. */
export class ParamSecretError extends CodedError {
  readonly code = 'ERR_PARAM_SECRET'
  readonly param: string

  constructor(param: string, reason: string) {
    super(`secret param ${param}: ${reason}`, {
      remedy: 'put it into the folder secrets of the data directory, mode 600',
    })
    this.param = param
  }
}
