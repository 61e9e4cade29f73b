import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'

import { parseMacAddress } from '../../../../../src/base/mac-address.ts'
import { nocloudFiles } from '../../../../../src/daemon/domain/seed/nocloud-files.ts'
import { plainRole } from '../../../../../src/daemon/domain/seed/seed-role.ts'

const seed = {
  instanceId: 'run-1',
  hostname: 'web-1',
  macAddress: parseMacAddress('52:54:00:00:00:01'),
  sshAuthorizedKeys: [],
  userConfig: {},
  role: plainRole,
  phoneHomeUrl: 'http://10.77.0.1:8090/phone-home/abc',
}

describe(nocloudFiles, () => {
  it('E09: any text comes back from a YAML parser as it went in', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.array(fc.string()), (text, keys) => {
        const files = nocloudFiles({
          ...seed,
          sshAuthorizedKeys: keys,
          userConfig: { runcmd: [text], [`x-${text}`]: text },
        })
        const config = parse(files['user-data'] ?? '') as Record<string, unknown>
        expect(config['runcmd']).toEqual([text])
        expect(config[`x-${text}`]).toBe(text)
        expect(config['ssh_authorized_keys'] ?? []).toEqual(keys)
      }),
      { numRuns: 30 },
    )
  })

  it('E09: nothing that PyYAML refuses or takes for a line break stands in it unescaped', () => {
    const text = 'a\u007f\u0085\u2028\u2029\ufeff\uffffz'
    const files = nocloudFiles({ ...seed, userConfig: { text } })
    expect(files['user-data']).toContain(String.raw`"a\u007f\u0085\u2028\u2029\ufeff\uffffz"`)
    expect(parse(files['user-data'] ?? '')).toMatchObject({ text })
  })

  it('what we set wins over what the person wrote; keys are joined', () => {
    const userConfig = {
      hostname: 'mine',
      ssh_authorized_keys: ['theirs'],
      phone_home: { url: 'http://elsewhere' },
    }
    const files = nocloudFiles({ ...seed, userConfig, sshAuthorizedKeys: ['ours'] })
    expect(parse(files['user-data'] ?? '')).toEqual({
      hostname: 'web-1',
      ssh_authorized_keys: ['theirs', 'ours'],
      phone_home: { url: seed.phoneHomeUrl, post: ['instance_id', 'hostname'], tries: 30 },
    })
  })

  it('gives the four files of a NoCloud volume', () => {
    const files = nocloudFiles(seed)
    expect(Object.keys(files)).toEqual(['meta-data', 'user-data', 'network-config', 'vendor-data'])
    expect(parse(files['meta-data'] ?? '')).toEqual({
      'instance-id': 'run-1',
      'local-hostname': 'web-1',
    })
    expect(parse(files['network-config'] ?? '')).toEqual({
      version: 2,
      ethernets: {
        boot: {
          match: { macaddress: '52:54:00:00:00:01' },
          dhcp4: true,
          'dhcp4-overrides': { 'use-hostname': false },
        },
      },
    })
    expect(files['vendor-data']).toBe('')
  })
})
