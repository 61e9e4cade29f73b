import { CodedError } from '../base/coded-error.ts'

/** A simulated machine asked the network for something that did not come: its firmware or loader goes on without. */
export class NetworkBootError extends CodedError {
  readonly code = 'ERR_SIMULATED_BOOT'
}

/** The daemon of the demonstration ended, or did not answer in time. */
export class DemoDaemonError extends CodedError {
  readonly code = 'ERR_DEMO_DAEMON'
  readonly logFile: string

  constructor(message: string, logFile: string, lastWords: string) {
    super(`${message}\n${lastWords}`, { remedy: `read ${logFile}` })
    this.logFile = logFile
  }
}
