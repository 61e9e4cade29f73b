/** How long the record of what happened is kept. */
export interface EventRetention {
  /**
   * Forgets events of the kinds from before then, a bounded number at a time: what they did to machines and
   * runs stays.
   *
   * @param logsBeforeMs of what agents logged; the other events go with `beforeMs`
   * @returns how many
   */
  forgetEvents(limits: {
    readonly beforeMs: number
    readonly logsBeforeMs: number
  }): Promise<number>
}
