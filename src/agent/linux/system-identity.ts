import { printableText } from '../../base/ascii.ts'
import type { KernelFiles } from './kernel-files.ts'
import { decodeSmbiosTable, type SystemIdentity } from './smbios-table.ts'

const kernelNames = {
  manufacturer: 'sys_vendor',
  productName: 'product_name',
  serialNumber: 'product_serial',
  uuid: 'product_uuid',
  firmwareVersion: 'bios_version',
} as const

/** From /sys/class/dmi/id, else from the raw SMBIOS table; empty on machines that have neither. */
export function readSystemIdentity(files: KernelFiles): SystemIdentity {
  if (files.exists('/sys/class/dmi/id')) return readKernelNames(files)
  const table = files.optionalBytes('/sys/firmware/dmi/tables/DMI')
  return table === undefined ? {} : decodeSmbiosTable(table)
}

function readKernelNames(files: KernelFiles): SystemIdentity {
  const identity: Record<string, string> = {}
  for (const [name, file] of Object.entries(kernelNames)) {
    const text = files.optionalBytes(`/sys/class/dmi/id/${file}`)?.toString('latin1').trim()
    const printable = printableText(Buffer.from(text ?? '', 'latin1'))
    if (printable !== '') identity[name] = name === 'uuid' ? printable.toLowerCase() : printable
  }
  return identity
}
