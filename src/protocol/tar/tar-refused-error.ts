import { inertText } from '../../base/ascii.ts'
import { CodedError } from '../../base/coded-error.ts'

/** An archive breaks off, is none, or holds what no root file system holds. */
export class TarRefusedError extends CodedError {
  readonly code = 'ERR_TAR_REFUSED'
  /** Of the member, or `byte 1024` where there is none yet. */
  readonly place: string

  constructor(place: string, reason: string) {
    super(`the archive is refused at ${inertText(place, 200)}: ${reason}`, {
      remedy: 'make it again, such as: tar --numeric-owner -C ROOT -cf FILE .',
    })
    this.place = place
  }
}
