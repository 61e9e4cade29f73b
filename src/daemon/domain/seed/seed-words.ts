/** What a text in a seed may name besides its own `params.WORD` and `secrets.WORD`. */
export const seedWords = [
  'machine.name',
  'machine.id',
  'machine.macAddress',
  'machine.serialNumber',
  'machine.manufacturer',
  'machine.productName',
  'hostname',
  'image.name',
  'image.version',
  'run.id',
  'phoneHomeUrl',
  'sshAuthorizedKeys',
] as const
