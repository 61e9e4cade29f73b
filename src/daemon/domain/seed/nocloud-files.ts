import { type FirstBoot, userDataText } from './first-boot.ts'
import type { Mapping } from './seed-role.ts'

/**
 * The files of a NoCloud volume. JSON is YAML 1.2 flow style, so it needs no YAML writer and no value
 * can break out of its quotes.
 *
 * https://cloudinit.readthedocs.io/en/latest/reference/datasources/nocloud.html
 */
export function nocloudFiles(firstBoot: FirstBoot): Record<string, string> {
  const { role, instanceId, hostname } = firstBoot
  const { vendorData, networkConfig = dhcpOnBootInterface(firstBoot) } = role
  return {
    ...role.files,
    // No role takes the new identity away: with the old one nothing of a first boot would happen.
    'meta-data': yaml({
      'local-hostname': hostname,
      ...role.metaData,
      'instance-id': instanceId,
    }),
    'user-data': userDataText(firstBoot, yaml),
    'network-config': yaml(networkConfig),
    'vendor-data': vendorData === undefined ? '' : `#cloud-config\n${yaml(vendorData)}`,
  }
}

/** DHCP on the interface that it booted from, by address, whatever its name becomes. */
function dhcpOnBootInterface({ macAddress }: FirstBoot): Mapping {
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

function yaml(value: Mapping): string {
  const json = JSON.stringify(value, null, 1)
  const escape = (character: string) =>
    `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  return `${json.replaceAll(unsafeInYaml, escape)}\n`
}
