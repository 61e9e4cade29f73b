import { CodedError } from '../../../base/coded-error.ts'

/** Two tokens of one name could not be told apart in the record of what happened. */
export class TokenExistsError extends CodedError {
  readonly code = 'ERR_TOKEN_EXISTS'

  constructor(name: string) {
    super(`there is a token called ${name}`, {
      remedy: `choose another name, or repave token revoke ${name}`,
    })
  }
}

/** No token has that name or id. */
export class TokenNotFoundError extends CodedError {
  readonly code = 'ERR_TOKEN_NOT_FOUND'

  constructor(reference: string) {
    super(`no token goes by ${reference}`, { remedy: 'repave token list' })
  }
}
