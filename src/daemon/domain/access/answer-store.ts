/** An answer that a repeated request gets again. */
export interface KeptAnswer {
  /** Who asked what, and with which key. */
  readonly key: string
  /** sha256 of what was asked, hex: the same key with another question is refused. */
  readonly question: string
  readonly status: number
  readonly body: string
  readonly createdAtMs: number
}

/** Where answers are kept for a day. */
export interface AnswerStore {
  findAnswer(key: string): Promise<KeptAnswer | undefined>
  keepAnswer(answer: KeptAnswer): Promise<void>
  /** Those before are forgotten. */
  forgetAnswers(beforeMs: number): Promise<void>
}
