/** Structured logging: facts first, then one sentence. pino's signature, so that pino can stand behind it. */
export interface Logger {
  debug(facts: object, message: string): void
  info(facts: object, message: string): void
  warn(facts: object, message: string): void
  error(facts: object, message: string): void
  child(facts: Record<string, unknown>): Logger
}
