import type { SubnetDocument } from '../../../../contract/subnet.ts'
import { subnetSchema } from '../../../../contract/subnet.ts'
import type { Subnet } from '../../../domain/lease/subnet.ts'
import { namedDocuments, readText, wholeFileFault } from '../content-files.ts'
import type { DocumentFault } from '../document-fault.ts'
import { readYamlDocument } from '../yaml-document.ts'
import type { Complain } from './read-options.ts'
import { findSharedClaims, findSubnetFaults } from './subnet-faults.ts'
import { subnetOfDocument } from './subnet-of-document.ts'

export interface SubnetsReading {
  readonly subnets: readonly Subnet[]
  readonly files: readonly string[]
  readonly faults: readonly DocumentFault[]
}

interface ReadDocument {
  readonly file: string
  readonly document: SubnetDocument
  readonly complain: Complain
}

/** Reads `subnets/NAME/subnet.yaml` below each directory, a later one over an earlier of the same name. */
export async function loadSubnets(directories: readonly string[]): Promise<SubnetsReading> {
  const faults: DocumentFault[] = []
  const documents = new Map<string, ReadDocument>()
  for (const directory of directories) {
    for (const { name, file } of await namedDocuments(directory, 'subnets', 'subnet.yaml')) {
      const read = await readSubnetFile(name, file, faults)
      if (read !== undefined) documents.set(name, read)
    }
  }
  const earlier: SubnetDocument[] = []
  const subnets = [...documents.values()].map(({ document, complain }) => {
    findSubnetFaults(document, complain)
    findSharedClaims(document, earlier, complain)
    earlier.push(document)
    return subnetOfDocument(document, complain)
  })
  return { subnets, files: [...documents.values()].map(({ file }) => file), faults }
}

async function readSubnetFile(
  name: string,
  file: string,
  faults: DocumentFault[],
): Promise<ReadDocument | undefined> {
  const text = await readText(file)
  if (text.failure !== undefined) {
    faults.push(wholeFileFault(file, text.failure))
    return undefined
  }
  const reading = readYamlDocument(file, text.content, subnetSchema)
  if (!reading.ok) {
    faults.push(...reading.faults)
    return undefined
  }
  const { value: document, faultAt } = reading
  const complain: Complain = (path, message) => faults.push(faultAt(path, message))
  if (document.name !== name) {
    complain(['name'], `the folder is called "${name}": make them equal`)
  }
  return { file, document, complain }
}
