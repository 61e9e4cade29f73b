import { resolve } from 'node:path'

import { Command, CommanderError } from 'commander'

import { contentKinds } from '../contract/content-kinds.ts'
import { type ConfigSources, explainConfig } from './configuration/config.ts'
import { shippedFolder } from './parts/content/open-content.ts'
import { loadContent } from './store/content/load-content.ts'

/**
 * `repave content check [folder]`: what a daemon would say of it, without one. Without a folder, those of the
 * configuration.
 *
 * @throws {DocumentInvalidError} with every fault
 */
export async function checkContent(
  argv: readonly string[],
  sources: ConfigSources,
  print: (line: string) => void,
): Promise<number> {
  const program = new Command('repave content check')
    .description('Every fault of a content folder over what ships; needs no daemon.')
    .argument('[folder]', 'default: contentDirs of repave.yaml')
    .exitOverride()
    .addHelpText('after', '\nExamples:\n  repave content check\n  repave content check content/')
  try {
    program.parse([...argv], { from: 'user' })
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : 2
    throw thrown
  }
  const named = program.args.length > 0 ? program.args : configuredFolders(sources)
  const folders = named.map((folder) => resolve(sources.workingDirectory, folder))
  const { objects } = await loadContent([shippedFolder, ...folders])
  const own = objects.filter(({ layer }) => layer > 0)
  for (const { kind, name, replaces } of own) {
    if (replaces === 0) print(`${kind} ${name} stands over the one that ships`)
  }
  const counts = contentKinds
    .map(({ kind, folder }) => [own.filter((one) => one.kind === kind).length, folder] as const)
    .filter(([count]) => count > 0)
    .map(([count, folder]) => `${count} ${folder}`)
  const where = named.length === 0 ? 'no folder of your own; what ships' : named.join(' ')
  print(`${where}: no fault${counts.length === 0 ? '' : `, ${counts.join(', ')}`}`)
  return 0
}

function configuredFolders(sources: ConfigSources): readonly string[] {
  return (explainConfig(sources).get('contentDirs')?.value ?? []) as readonly string[]
}
