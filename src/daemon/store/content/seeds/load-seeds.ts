import { isSecret } from '../../../../contract/param.ts'
import { seedSchema } from '../../../../contract/seed.ts'
import { unknownParam } from '../../../domain/param/check-values.ts'
import type { ParamSource } from '../../../domain/param/param-source.ts'
import type { SeedRole } from '../../../domain/seed/seed-role.ts'
import { namedDocuments, readText, wholeFileFault } from '../content-files.ts'
import type { DocumentFault } from '../document-fault.ts'
import type { Complain } from '../subnets/read-options.ts'
import { readYamlDocument } from '../yaml-document.ts'
import { roleOfDocument } from './role-of-document.ts'

export interface SeedsReading {
  readonly roles: ReadonlyMap<string, SeedRole>
  readonly files: readonly string[]
  readonly faults: readonly DocumentFault[]
}

/** Reads `seeds/NAME/seed.yaml` below each directory, a later one over an earlier of the same name. */
export async function loadSeeds(
  directories: readonly string[],
  params: ParamSource,
): Promise<SeedsReading> {
  const faults: DocumentFault[] = []
  const read = new Map<string, { readonly file: string; readonly role: SeedRole }>()
  for (const directory of directories) {
    for (const { name, file } of await namedDocuments(directory, 'seeds', 'seed.yaml')) {
      const role = await readSeedFile(name, file, { faults, params })
      if (role !== undefined) read.set(name, { file, role })
    }
  }
  return {
    roles: new Map([...read].map(([name, { role }]) => [name, role])),
    files: [...read.values()].map(({ file }) => file),
    faults,
  }
}

async function readSeedFile(
  name: string,
  file: string,
  { faults, params }: { readonly faults: DocumentFault[]; readonly params: ParamSource },
): Promise<SeedRole | undefined> {
  const text = await readText(file)
  if (text.failure !== undefined) {
    faults.push(wholeFileFault(file, text.failure))
    return undefined
  }
  const reading = readYamlDocument(file, text.content, seedSchema)
  if (!reading.ok) {
    faults.push(...reading.faults)
    return undefined
  }
  const complain: Complain = (path, message) => faults.push(reading.faultAt(path, message))
  if (reading.value.name !== name) {
    complain(['name'], `the folder is called "${name}": make them equal`)
  }
  for (const [word, { param }] of Object.entries(reading.value.params)) {
    if (param === undefined) continue
    const found = params.param(param)
    const path = ['params', word, 'param']
    if (found === undefined) complain(path, unknownParam(param, params))
    else if (isSecret(found)) complain(path, `${param} is secret: name its file under secrets`)
  }
  return roleOfDocument(reading.value, complain)
}
