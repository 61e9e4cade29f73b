import type { MacAddress } from '../../../base/mac-address.ts'
import type { Json } from '../../../contract/canonical-json.ts'

export interface Seed {
  /** New for every deployment: cloud-init then does its once-per-instance work again. */
  readonly instanceId: string
  readonly hostname: string
  readonly macAddress: MacAddress
  readonly sshAuthorizedKeys: readonly string[]
  /** The person's own `#cloud-config`; what we set ourselves wins. */
  readonly userConfig: { readonly [key: string]: Json }
  readonly phoneHomeUrl: string
}

/**
 * The files of a NoCloud volume. JSON is YAML 1.2 flow style, so it needs no YAML writer and no value
 * can break out of its quotes.
 *
 * https://cloudinit.readthedocs.io/en/latest/reference/datasources/nocloud.html
 */
export function renderSeed(seed: Seed): Record<string, string> {
  return {
    'meta-data': yaml({ 'instance-id': seed.instanceId, 'local-hostname': seed.hostname }),
    'user-data': `#cloud-config\n${yaml(userData(seed))}`,
    'network-config': yaml(networkConfig(seed)),
    'vendor-data': '',
  }
}

function userData({ userConfig, sshAuthorizedKeys, hostname, phoneHomeUrl }: Seed): Json {
  const theirs = userConfig['ssh_authorized_keys']
  const keys = [...(Array.isArray(theirs) ? (theirs as Json[]) : []), ...sshAuthorizedKeys]
  return {
    ...userConfig,
    hostname,
    ...(keys.length === 0 ? {} : { ssh_authorized_keys: keys }),
    phone_home: { url: phoneHomeUrl, post: ['instance_id', 'hostname'], tries: 30 },
  }
}

/** DHCP on the interface that it booted from, by address, whatever its name becomes. */
function networkConfig({ macAddress }: Seed): Json {
  return {
    version: 2,
    ethernets: {
      boot: {
        match: { macaddress: macAddress },
        dhcp4: true,
        'dhcp4-overrides': { 'use-hostname': false },
      },
    },
  }
}

/** What PyYAML, which cloud-init reads with, refuses or takes for a line break, though JSON lets it stand. */
const unsafeInYaml = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g

function yaml(value: Json): string {
  const json = JSON.stringify(value, null, 1)
  const escape = (character: string) =>
    `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  return `${json.replaceAll(unsafeInYaml, escape)}\n`
}
