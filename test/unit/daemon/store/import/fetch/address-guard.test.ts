import { describe, expect, it } from 'vitest'

import {
  AddressGuard,
  isAddressRange,
} from '../../../../../../src/daemon/store/import/fetch/address-guard.ts'

const guard = new AddressGuard([])

describe(AddressGuard, () => {
  it.each([
    '0.0.0.0',
    '127.0.0.1',
    '127.8.9.10',
    '10.1.2.3',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '100.64.0.1',
    '169.254.169.254',
    '192.0.0.192',
    '198.18.0.1',
    '203.0.113.7',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    'fe80::1',
    'fd00:ec2::254',
    'ff02::1',
    '::ffff:127.0.0.1',
    '::ffff:169.254.169.254',
    '::127.0.0.1',
    '64:ff9b::7f00:1',
    '64:ff9b:1::1',
    '2001::1',
    '2001:db8::1',
    '2002:7f00:1::',
    'no address',
    '',
  ])('I07 refuses %s', (address) => {
    expect(guard.refusal(address)).toEqual(expect.any(String))
  })

  it.each(['1.1.1.1', '172.32.0.1', '151.101.2.132', '2606:4700::1111', '2a04:4e42::644'])(
    'lets %s through',
    (address) => {
      expect(guard.refusal(address)).toBeUndefined()
    },
  )

  it('lets through what the operator allows, and nothing beside it', () => {
    const opened = new AddressGuard(['10.1.0.0/16', '127.0.0.1', 'fd00:1::/32'])
    expect(opened.refusal('10.1.255.1')).toBeUndefined()
    expect(opened.refusal('127.0.0.1')).toBeUndefined()
    expect(opened.refusal('fd00:1::5')).toBeUndefined()
    expect(opened.refusal('10.2.0.1')).toBe('a private network')
    expect(opened.refusal('127.0.0.2')).toBe('this machine itself')
  })

  it('refuses a rule that is no address', () => {
    expect(() => new AddressGuard(['mirror.example'])).toThrow(RangeError)
  })
})

describe(isAddressRange, () => {
  it('knows addresses and networks from anything else', () => {
    const texts = ['10.0.0.1', '10.0.0.0/8', '::1/128', '10.0.0.0/33', '::/129', 'a', '1/2/3', '/8']
    expect(texts.filter((text) => isAddressRange(text))).toEqual(texts.slice(0, 3))
  })
})
