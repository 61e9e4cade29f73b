import type { LeaseClient } from './lease-client.ts'

/** What a client must say of itself; every test that is there must hold. `*` stands for any text. */
export interface ProfileTests {
  /** IANA's processor architecture numbers, one of which the client must name in option 93. */
  readonly architectures?: readonly number[]
  readonly macAddress?: string
  readonly vendorClass?: string
  readonly userClass?: string
  readonly remoteId?: string
  readonly circuitId?: string
}

export function matchesProfile(tests: ProfileTests, client: LeaseClient): boolean {
  const { architectures, userClass } = tests
  const texts = [
    [tests.macAddress, client.macAddress],
    [tests.vendorClass, client.vendorClass],
    [tests.remoteId, client.remoteId ?? ''],
    [tests.circuitId, client.circuitId ?? ''],
  ] as const
  return (
    (architectures?.some((number) => client.architectures.includes(number)) ?? true) &&
    (userClass === undefined || client.userClasses.some((text) => fits(userClass, text))) &&
    texts.every(([pattern, text]) => pattern === undefined || fits(pattern, text))
  )
}

/** Whether `text` is `pattern` with any text for each `*`; linear, whatever the client sent. */
function fits(pattern: string, text: string): boolean {
  const [first = '', ...rest] = pattern.split('*')
  const last = rest.pop()
  if (last === undefined) return text === pattern
  if (!text.startsWith(first)) return false
  let offset = first.length
  for (const part of rest) {
    const found = text.indexOf(part, offset)
    if (found === -1) return false
    offset = found + part.length
  }
  return text.length - last.length >= offset && text.endsWith(last)
}
