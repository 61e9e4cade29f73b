import { SelectorInvalidError } from './errors.ts'

/** One step of a compiled pattern; where it leads is counted from itself. */
type Step =
  | { readonly kind: 'character'; readonly matches: CharacterTest }
  | { readonly kind: 'either'; readonly first: number; readonly second: number }
  | { readonly kind: 'jump'; readonly by: number }
  | { readonly kind: 'begin' | 'end' | 'found' }
type Steps = readonly Step[]
type CharacterTest = (character: string) => boolean

const maximumSteps = 2000
const maximumRepeats = 100
const maximumPatternLength = 256
const maximumGroupDepth = 32

/**
 * A regular expression without back references and look-around, searched for anywhere in a text as Go's
 * `regexp` does for Digital Rebar's `Re`. The time it takes grows with text times pattern and never
 * faster, so that a pattern from outside cannot hold up the daemon.
 *
 * @throws {SelectorInvalidError} when the pattern is none, or asks for what is not there
 */
export function compilePattern(source: string): (text: string) => boolean {
  if (source.length > maximumPatternLength) {
    throw new SelectorInvalidError(`a pattern is longer than ${maximumPatternLength} characters`)
  }
  const steps = new PatternReader(source).read()
  return (text) => isFound(steps, text)
}

/** Every way through the pattern at once, one character after the other. */
function isFound(steps: Steps, text: string): boolean {
  let current = new Set<number>()
  for (let at = 0; ; at++) {
    const ends = { isBegin: at === 0, isEnd: at === text.length }
    // A match may begin anywhere.
    if (reach(steps, 0, ends, current)) return true
    const character = text[at]
    if (character === undefined) return false
    const next = new Set<number>()
    const after = { isBegin: false, isEnd: at + 1 === text.length }
    for (const index of current) {
      const step = steps[index]
      if (step?.kind !== 'character' || !step.matches(character)) continue
      if (reach(steps, index + 1, after, next)) return true
    }
    current = next
  }
}

/** Adds every step that can be got to from `start` without a character; true when the end is among them. */
function reach(
  steps: Steps,
  start: number,
  { isBegin, isEnd }: { readonly isBegin: boolean; readonly isEnd: boolean },
  reached: Set<number>,
): boolean {
  const waiting = [start]
  for (let index = waiting.pop(); index !== undefined; index = waiting.pop()) {
    const step = steps[index]
    if (step === undefined || reached.has(index)) continue
    reached.add(index)
    if (step.kind === 'found') return true
    if (step.kind === 'jump') waiting.push(index + step.by)
    else if (step.kind === 'either') waiting.push(index + step.first, index + step.second)
    else if ((step.kind === 'begin' && isBegin) || (step.kind === 'end' && isEnd)) {
      waiting.push(index + 1)
    }
  }
  return false
}

const classes: Readonly<Record<string, RegExp | undefined>> = { d: /\d/, w: /\w/, s: /\s/ }

class PatternReader {
  readonly #source: string
  #at = 0
  #depth = 0

  constructor(source: string) {
    this.#source = source
  }

  read(): Steps {
    const steps = this.#alternatives()
    if (this.#at < this.#source.length) this.#fail('")" without "("')
    return [...steps, { kind: 'found' }]
  }

  #alternatives(): Steps {
    if (++this.#depth > maximumGroupDepth) this.#fail('groups nest too deep')
    let steps = this.#sequence()
    while (this.#take('|')) {
      const other = this.#sequence()
      steps = this.#checked([
        { kind: 'either', first: 1, second: steps.length + 2 },
        ...steps,
        { kind: 'jump', by: other.length + 1 },
        ...other,
      ])
    }
    this.#depth--
    return steps
  }

  #sequence(): Steps {
    const steps: Step[] = []
    while (this.#at < this.#source.length && !'|)'.includes(this.#peek())) {
      steps.push(...this.#repeated())
    }
    return this.#checked(steps)
  }

  #repeated(): Steps {
    const once = this.#atom()
    const [least, most] = this.#counts()
    if (most !== Infinity && once.length * most > maximumSteps) this.#fail('it is too large')
    const steps = Array.from({ length: least }, () => once).flat()
    if (most === Infinity) {
      const loop: Step = { kind: 'either', first: 1, second: once.length + 2 }
      return this.#checked([...steps, loop, ...once, { kind: 'jump', by: -once.length - 1 }])
    }
    const maybe: Steps = [{ kind: 'either', first: 1, second: once.length + 1 }, ...once]
    return this.#checked([...steps, ...Array.from({ length: most - least }, () => maybe).flat()])
  }

  /** How often what stands before may come: `*`, `+`, `?`, `{2}`, `{2,}`, `{2,5}`, or once. */
  #counts(): readonly [least: number, most: number] {
    if (this.#take('*')) return [0, Infinity]
    if (this.#take('+')) return [1, Infinity]
    if (this.#take('?')) return [0, 1]
    const found = /^\{(\d{1,3})(?:(,)(\d{1,3})?)?\}/.exec(this.#source.slice(this.#at))
    if (found === null) return [1, 1]
    this.#at += found[0].length
    const [, low, comma, high] = found
    const least = Number(low)
    const most = comma === undefined ? least : high === undefined ? Infinity : Number(high)
    if (least > maximumRepeats || least > most) this.#fail('a count is out of range')
    if (most !== Infinity && most > maximumRepeats) this.#fail('a count is out of range')
    return [least, most]
  }

  #atom(): Steps {
    const character = this.#next()
    if (character === '(') return this.#group()
    if (character === '^') return [{ kind: 'begin' }]
    if (character === '$') return [{ kind: 'end' }]
    if ('*+?{'.includes(character)) this.#fail('a repetition of nothing')
    if (character === '.') return one((text) => text !== '\n')
    if (character === '[') return one(this.#set())
    if (character === '\\') return one(this.#escaped())
    return one((text) => text === character)
  }

  #group(): Steps {
    if (this.#take('?') && !this.#take(':')) this.#fail('of "(?" only "(?:" is known')
    const steps = this.#alternatives()
    if (!this.#take(')')) this.#fail('"(" without ")"')
    return steps
  }

  #set(): CharacterTest {
    const isNegated = this.#take('^')
    const members: CharacterTest[] = []
    do members.push(this.#member())
    while (!this.#take(']'))
    return (character) => members.some((matches) => matches(character)) !== isNegated
  }

  /** A character, an escape or a range within `[]`. */
  #member(): CharacterTest {
    const low = this.#next()
    if (low === '\\') return this.#escaped()
    const isRange = this.#peek() === '-' && this.#source[this.#at + 1] !== ']'
    if (!isRange) return (character) => character === low
    this.#at++
    const high = this.#next()
    if (high < low) this.#fail(`a range from ${low} down to ${high}`)
    return (character) => character >= low && character <= high
  }

  #escaped(): CharacterTest {
    const letter = this.#next()
    const known = classes[letter.toLowerCase()]
    if (known !== undefined) {
      const isNegated = letter !== letter.toLowerCase()
      return (character) => known.test(character) !== isNegated
    }
    if (/[\dA-Za-z]/.test(letter)) this.#fail(`there is no \\${letter}`)
    return (character) => character === letter
  }

  #checked(steps: Steps): Steps {
    if (steps.length > maximumSteps) this.#fail('it is too large')
    return steps
  }

  #peek(): string {
    return this.#source[this.#at] ?? ''
  }

  #next(): string {
    return this.#source[this.#at++] ?? this.#fail('it ends too early')
  }

  #take(character: string): boolean {
    if (this.#peek() !== character) return false
    this.#at++
    return true
  }

  #fail(because: string): never {
    throw new SelectorInvalidError(`the pattern ${this.#source} is wrong: ${because}`, 'Re(^web-)')
  }
}

function one(matches: CharacterTest): Steps {
  return [{ kind: 'character', matches }]
}
