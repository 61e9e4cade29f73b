import { describe, expect, test } from 'vitest'

import { ipv4ToNumber, parseIpv4Address } from '../../../../../src/base/ipv4-address.ts'
import {
  lendableRanges,
  PoolRangeError,
} from '../../../../../src/daemon/domain/lease/address-range.ts'

const ip = parseIpv4Address
const network = { address: ip('10.77.0.0'), prefixLength: 24 }
const range = (first: string, last = first) => ({ first: ip(first), last: ip(last) })
const numbers = (first: string, last = first) => ({
  first: ipv4ToNumber(ip(first)),
  last: ipv4ToNumber(ip(last)),
})

describe(lendableRanges, () => {
  test.each([
    ['backwards', range('10.77.0.20', '10.77.0.10')],
    ['outside the network', range('10.77.1.10', '10.77.1.20')],
    ['nothing but the broadcast address', range('10.77.0.255')],
    ['excluded altogether', range('10.77.0.5', '10.77.0.6')],
  ])('refuses a pool that is %s', (_title, pool) => {
    const excluded = [range('10.77.0.1', '10.77.0.9')]
    expect(() => lendableRanges([pool], network, excluded)).toThrow(PoolRangeError)
  })

  test('cuts out the network’s own addresses and whatever is excluded', () => {
    const excluded = [
      range('10.77.0.50'),
      range('10.77.0.4', '10.77.0.9'),
      range('10.77.0.8', '10.77.0.11'),
    ]
    expect(lendableRanges([range('10.77.0.0', '10.77.0.255')], network, excluded)).toEqual([
      numbers('10.77.0.1', '10.77.0.3'),
      numbers('10.77.0.12', '10.77.0.49'),
      numbers('10.77.0.51', '10.77.0.254'),
    ])
  })

  test('puts several pools in order', () => {
    const pools = [range('10.77.0.100', '10.77.0.110'), range('10.77.0.10', '10.77.0.20')]
    expect(lendableRanges(pools, network, [])).toEqual([
      numbers('10.77.0.10', '10.77.0.20'),
      numbers('10.77.0.100', '10.77.0.110'),
    ])
  })
})
