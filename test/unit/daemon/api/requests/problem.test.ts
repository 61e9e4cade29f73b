import { describe, expect, it } from 'vitest'

import { CodedError } from '../../../../../src/base/coded-error.ts'
import { problemSchema } from '../../../../../src/contract/status-documents.ts'
import { problemOf } from '../../../../../src/daemon/api/requests/problem.ts'

class Coded extends CodedError {
  readonly code: string
  readonly #retry: boolean

  constructor(code: string, retry = false) {
    super('what happened\u001b[31m', { remedy: 'what helps' })
    this.code = code
    this.#retry = retry
  }

  override shouldRetry(): boolean {
    return this.#retry
  }
}

describe(problemOf, () => {
  it('says nothing about an unexpected fault', () => {
    const problem = problemOf(new Error('secret /etc/path'))
    expect(problem).toMatchObject({ status: 500, code: 'ERR_INTERNAL' })
    expect(JSON.stringify(problem)).not.toContain('secret')
  })

  it.each([
    ['ERR_MACHINE_NOT_FOUND', false, 404],
    ['ERR_MACHINE_EXISTS', false, 409],
    ['ERR_IMAGE_TRUNCATED', false, 422],
    ['ERR_STORE_CLOSED', true, 503],
    ['ERR_REQUEST_INVALID', false, 400],
  ])('answers %s with a status that fits', (code, retry, status) => {
    const problem = problemOf(new Coded(code, retry))
    expect(problem).toMatchObject({ status, code, remedy: 'what helps' })
    expect(problemSchema.parse(problem)).toEqual(problem)
  })

  it('makes control characters of a message inert (U01)', () => {
    expect(problemOf(new Coded('ERR_X')).detail).toBe('what happened?[31m')
  })
})
