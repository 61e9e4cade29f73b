import { CodedError } from '../../../base/coded-error.ts'

/** A filter or selector that makes no sense; nothing was selected with it. */
export class SelectorInvalidError extends CodedError {
  readonly code = 'ERR_SELECTOR_INVALID'

  constructor(message: string, remedy = 'state=Eq(ready), state=In(ready,failed), name=Re(^web-)') {
    super(message, { remedy })
  }
}
