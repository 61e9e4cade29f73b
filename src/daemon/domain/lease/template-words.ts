/** What a template in a subnet may name, for whoever checks one and whoever fills it in. */
export const templateWords = [
  /** `52:54:00:aa:bb:01` */
  'mac',
  /** `52-54-00-aa-bb-01` */
  'macHyphens',
  /** `525400aabb01` */
  'macDigits',
  /** The address that the client gets. */
  'address',
  'serverAddress',
  /** The subnet's name. */
  'subnet',
  /** `bios`, `uefi-x86_64`, `uefi-aarch64` or `unknown`. */
  'platform',
  /** The first number of option 93. */
  'architecture',
  'systemUuid',
  /** Option 61 in hexadecimal. */
  'clientId',
  'hostName',
  'vendorClass',
  'userClass',
  /** The relay's remote id: the switch. */
  'rack',
  /** The relay's circuit id: its port. */
  'port',
] as const
export type TemplateWord = (typeof templateWords)[number]
