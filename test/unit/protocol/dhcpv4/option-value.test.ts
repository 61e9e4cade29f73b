import { describe, expect, test } from 'vitest'

import { toHex } from '../../../../src/base/hex.ts'
import {
  findOptionDefinition,
  optionDefinitions,
} from '../../../../src/protocol/dhcpv4/option-definitions.ts'
import { optionValue } from '../../../../src/protocol/dhcpv4/option-value.ts'

function hexOf(nameOrCode: string, ...texts: readonly string[]): string {
  const definition = findOptionDefinition(nameOrCode)
  if (definition === undefined) return 'nobody may set it'
  const outcome = optionValue(definition.kind, texts)
  return outcome.ok ? toHex(outcome.value) : outcome.expected
}

describe(optionValue, () => {
  test.each([
    ['routers', ['10.77.0.256'], 'IPv4 addresses'],
    ['broadcast-address', ['10.77.0.1, 10.77.0.2'], 'one IPv4 address'],
    ['interface-mtu', ['65536'], 'a whole number from 0 to 65535'],
    ['interface-mtu', ['-1'], 'a whole number from 0 to 65535'],
    ['reboot-time', ['soon'], 'a whole number from 0 to 4294967295'],
    ['host-name', ['a\u001b[2J'], 'printable ASCII text of 1 to 255 characters'],
    ['host-name', ['a'.repeat(256)], 'printable ASCII text of 1 to 255 characters'],
    ['ip-forwarding', ['yes'], 'true or false'],
    ['pxelinux-magic', ['f1:0'], 'bytes in hexadecimal such as 01:ff:3a'],
    ['domain-search', ['a..b'], 'domain names'],
    ['classless-static-routes', ['10.0.0.0/33 via 10.77.0.1'], /^routes such as/],
  ])('refuses %s of %j', (name, texts, expected) => {
    expect(hexOf(name, ...texts)).toMatch(expected)
  })

  test.each([
    ['3', ['10.77.0.254', '10.77.0.253'], '0a4d00fe0a4d00fd'],
    ['6', ['10.77.0.253'], '0a4d00fd'],
    ['12', ['node-1'], '6e6f64652d31'],
    ['15', ['rack.test'], '7261636b2e74657374'],
    ['26', ['9000'], '2328'],
    ['28', ['10.77.0.255'], '0a4d00ff'],
    ['42', ['10.77.0.1'], '0a4d0001'],
    ['43', ['06:01:08:ff'], '060108ff'],
    ['60', ['PXEClient'], '505845436c69656e74'],
    ['66', ['10.77.0.1'], '31302e37372e302e31'],
    ['67', ['a.efi'], '612e656669'],
    ['119', ['a.test, b.a.test'], '01610474657374000162c000'],
    ['121', ['10.1.0.0/16 via 10.77.0.254'], '100a010a4d00fe'],
    ['150', ['10.77.0.1'], '0a4d0001'],
    ['208', ['f1:00:74:7e'], 'f100747e'],
    ['209', ['a.cfg'], '612e636667'],
    ['210', ['/a/'], '2f612f'],
    ['211', ['30'], '0000001e'],
    ['252', ['http://a/'], '687474703a2f2f612f'],
  ])('C-D19 option %s of %j', (code, texts, hex) => {
    expect(hexOf(code, ...texts)).toBe(hex)
  })

  test('C-D19 an option without a name takes bytes, by its number', () => {
    expect(hexOf('224', '01ff')).toBe('01ff')
    expect(hexOf('255', '01ff')).toBe('nobody may set it')
    expect(hexOf('no-such-option', '01ff')).toBe('nobody may set it')
  })
})

describe(findOptionDefinition, () => {
  test.each([1, 51, 53, 54, 58, 59, 61, 82, 93, 94, 97])(
    'C-D19 option %i is the server’s own answer',
    (code) => {
      expect(findOptionDefinition(String(code))).toBeUndefined()
    },
  )

  test('has each option by its name and by its number', () => {
    for (const definition of optionDefinitions) {
      expect(findOptionDefinition(definition.name)).toBe(definition)
      expect(findOptionDefinition(String(definition.code))).toBe(definition)
    }
  })
})
