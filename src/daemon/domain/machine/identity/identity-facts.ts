import type { MacAddress } from '../../../../base/mac-address.ts'
import type { IdentityClaim } from '../../../../contract/machine-standing.ts'
import type { Inventory, Machine } from '../../../../contract/machine.ts'

/** What can tell a machine from others; a value that firmware is known to repeat is left out. */
export interface IdentityFacts {
  readonly macAddresses: readonly MacAddress[]
  readonly serialNumber?: string
  /** Lower case. */
  readonly uuid?: string
}

/**
 * What boards say that nobody has programmed, in lower case and without spaces and punctuation.
 *
 * Sources: talos#7694, omni#1241, metal-hammer#52, and the defaults of AMI and Phoenix firmware.
 */
const emptySerials: readonly string[] = [
  ...['', 'none', 'na', 'null', 'nil', 'default', 'defaultstring', 'empty', 'invalid', 'unknown'],
  ...['tobefilledbyoem', 'tobefilled', 'oem', 'notspecified', 'notavailable', 'notapplicable'],
  ...['systemserialnumber', 'chassisserialnumber', 'boardserialnumber', 'serialnumber'],
  ...['baseboardserialnumber', 'mbserialnumber', 'ssn', 'sysserial', 'oemchassisserial'],
  ...['123456', '1234567', '12345678', '123456789', '1234567890', '0123456789', 'abcdefgh'],
]

const emptyUuids: readonly string[] = [
  '03000200-0400-0500-0006-000700080009',
  '00020003-0004-0005-0006-000700080009',
  '01234567-8910-1112-1314-151617181920',
  '12345678-1234-5678-90ab-cddeefaabbcc',
  '12345678-1234-1234-1234-123456789abc',
  '00112233-4455-6677-8899-aabbccddeeff',
  '11111111-2222-3333-4444-555555555555',
]

/** Cards on USB: of management controllers, the same address in every server of a model, and of docks. */
const wanderingDrivers: readonly string[] = [
  ...['cdc_ether', 'cdc_eem', 'cdc_ncm', 'cdc_mbim', 'rndis_host', 'r8152', 'ax88179_178a', 'asix'],
]

/** Undefined where it is what firmware says that nobody has programmed. */
export function usableSerial(serial: string | undefined): string | undefined {
  const text = serial?.trim() ?? ''
  const plain = text.toLowerCase().replaceAll(/[^a-z0-9]/g, '')
  if (emptySerials.includes(plain) || plain.length < 3 || isOneCharacter(plain)) return undefined
  return text
}

/** Undefined where it is known to be in many machines. */
export function usableUuid(uuid: string | undefined): string | undefined {
  const text = uuid?.trim().toLowerCase() ?? ''
  if (!/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text)) return undefined
  const digits = text.replaceAll('-', '')
  const isPattern = isOneCharacter(digits) || /^(..)\1+$/.test(digits)
  return isPattern || emptyUuids.includes(text) ? undefined : text
}

function isOneCharacter(text: string): boolean {
  return new Set(text).size === 1
}

/** Of Ethernet, one card's own: no group address, not nothing. */
function isCardAddress(address: MacAddress): boolean {
  const isGroup = (Number.parseInt(address.slice(0, 2), 16) & 1) === 1
  return !isGroup && address !== '00:00:00:00:00:00'
}

/** What an agent shows of the machine that it runs on, booted by `bootedFrom`. */
export function factsOfInventory(inventory: Inventory, bootedFrom?: MacAddress): IdentityFacts {
  const cards = inventory.networkInterfaces
    .filter(({ driver = '', bootedFrom: booted }) => booted || !wanderingDrivers.includes(driver))
    .map(({ macAddress }) => macAddress)
    .filter(isCardAddress)
  const { serialNumber, uuid } = inventory.system
  return facts([...(bootedFrom === undefined ? [] : [bootedFrom]), ...cards], serialNumber, uuid)
}

/** What is on record of a machine. */
export function factsOfMachine({ macAddresses, inventory }: Machine): IdentityFacts {
  return facts(macAddresses, inventory?.system.serialNumber, inventory?.system.uuid)
}

function facts(
  macAddresses: readonly MacAddress[],
  serial: string | undefined,
  anyUuid: string | undefined,
): IdentityFacts {
  const serialNumber = usableSerial(serial)
  const uuid = usableUuid(anyUuid)
  return {
    macAddresses: [...new Set(macAddresses)],
    ...(serialNumber === undefined ? {} : { serialNumber }),
    ...(uuid === undefined ? {} : { uuid }),
  }
}

/** For the record of a conflict: everything, unusable values too, as a person wants to see them. */
export function claimOf(inventory: Inventory, bootedFrom: MacAddress): IdentityClaim {
  const { serialNumber, uuid, manufacturer, productName } = inventory.system
  return {
    macAddresses: [...factsOfInventory(inventory, bootedFrom).macAddresses],
    ...(serialNumber === undefined ? {} : { serialNumber }),
    ...(uuid === undefined ? {} : { uuid }),
    ...(manufacturer === undefined ? {} : { manufacturer }),
    ...(productName === undefined ? {} : { productName }),
  }
}
