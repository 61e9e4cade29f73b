/**
 * When to look at something again, by the second. Noting and taking cost the same however much is noted,
 * and each key is in here once: for the earliest time it was noted for since it was last taken.
 */
export class ExpiryCalendar<Key> {
  readonly #keysAt = new Map<number, Key[]>()
  readonly #secondOf = new Map<Key, number>()
  #takenSecond: number

  constructor(nowMs: number) {
    this.#takenSecond = Math.floor(nowMs / 1000)
  }

  note(key: Key, atMs: number): void {
    const second = Math.max(Math.ceil(atMs / 1000), this.#takenSecond + 1)
    const noted = this.#secondOf.get(key)
    if (noted !== undefined && noted <= second) return
    this.#secondOf.set(key, second)
    const keys = this.#keysAt.get(second)
    if (keys === undefined) this.#keysAt.set(second, [key])
    else keys.push(key)
  }

  /** Everything noted for `nowMs` or before; what is not over yet has to be noted again. */
  takeDue(nowMs: number): readonly Key[] {
    const nowSecond = Math.floor(nowMs / 1000)
    const due: Key[] = []
    for (let second = this.#takenSecond + 1; second <= nowSecond; second++) {
      for (const key of this.#keysAt.get(second) ?? []) {
        // Another second: the key was noted for an earlier one since.
        if (this.#secondOf.get(key) !== second) continue
        this.#secondOf.delete(key)
        due.push(key)
      }
      this.#keysAt.delete(second)
    }
    this.#takenSecond = Math.max(this.#takenSecond, nowSecond)
    return due
  }
}
