import { readFile } from 'node:fs/promises'

import { readLoadOptionPath } from '../../protocol/efi/load-option.ts'
import { entryName, variableFile, writeVariable } from './firmware-variables.ts'

const messagingDevicePath = 3
const macAddressNode = 11

/** The numbers of the boot entries in the order in which firmware tries them; empty where it has none. */
export async function readBootOrder(directory: string): Promise<number[]> {
  const value = await readVariable(directory, 'BootOrder')
  const pairs = value === undefined ? 0 : Math.floor(value.length / 2)
  return Array.from({ length: pairs }, (_, index) => value?.readUInt16LE(index * 2) ?? 0)
}

/** Puts those entries first, in that order; all others follow as they were. */
export async function putFirst(directory: string, first: readonly number[]): Promise<number[]> {
  const before = await readBootOrder(directory)
  const order = [...first, ...before.filter((number) => !first.includes(number))]
  const value = Buffer.alloc(order.length * 2)
  for (const [index, number] of order.entries()) value.writeUInt16LE(number, index * 2)
  await writeVariable(directory, 'BootOrder', value)
  return order
}

/** Of the entries in order, those that start from a network card. */
export async function networkEntries(directory: string): Promise<number[]> {
  const found: number[] = []
  for (const number of await readBootOrder(directory)) {
    const option = await readVariable(directory, entryName(number))
    const isNetwork = readLoadOptionPath(option ?? Buffer.alloc(0)).some(
      ({ type, subType }) => type === messagingDevicePath && subType === macAddressNode,
    )
    if (isNetwork) found.push(number)
  }
  return found
}

/** A variable without the four bytes of attributes before it; undefined where there is none. */
async function readVariable(directory: string, name: string): Promise<Buffer | undefined> {
  try {
    return (await readFile(variableFile(directory, name))).subarray(4)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
