import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

import { Command, CommanderError } from 'commander'

import { formatByteSize } from '../base/byte-size.ts'
import { CodedError } from '../base/coded-error.ts'
import { type ImageLabel, imageLabelPath } from '../contract/image-label.ts'
import { type BuiltImage, buildImage } from './build-image.ts'
import { buildFromRoot } from './root-tar/build-from-root.ts'
import { readRootTarFlags, type RootTarFlags } from './root-tar/root-tar-flags.ts'

const projectRecipes = fileURLToPath(new URL('../../images', import.meta.url))

interface Flags extends RootTarFlags {
  readonly output?: string
  readonly recipes: string
  readonly workDirectory?: string
}

/**
 * `repave image build RECIPE` or `--root-tar FILE`: the words behind `build`.
 *
 * @returns the exit status: 0 built, 1 failed, 2 not understood
 */
export async function runImageBuildCommand(argv: readonly string[]): Promise<number> {
  const command = new Command('repave image build')
    .description(
      "Makes a disk image from Debian's packages, as images/RECIPE/image.yaml says, or from the archive of a root file system.",
    )
    .argument('[recipe]', 'name of a folder among the recipes')
    .option('--output <file>', 'where the raw image goes (default: RECIPE.raw, NAME.raw)')
    .option('--recipes <directory>', 'where recipes are', projectRecipes)
    .option(
      '--work-directory <directory>',
      'for what is made in between (default: beside the output)',
    )
    .option('--root-tar <file>', 'archive of a root file system with a kernel, instead of a recipe')
    .option('--name <name>', 'of an image from --root-tar')
    .option(
      '--version <version>',
      'of an image from --root-tar (default: day of its youngest file)',
    )
    .option('--size <size>', 'of a disk from --root-tar (default: what it needs, and some room)')
    .option(
      '--kernel-arguments <words>',
      'of a disk from --root-tar',
      'console=tty0 console=ttyS0,115200n8',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  repave image build debian-12' +
        '\n  repave image build --root-tar root.tar.xz --name web --size 4GiB',
    )
    .exitOverride()
  try {
    command.parse([...argv], { from: 'user' })
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : 2
    throw thrown
  }
  const flags = command.opts<Flags>()
  const [recipe] = command.args
  if ((recipe === undefined) === (flags.rootTar === undefined)) {
    process.stderr.write('error: name a recipe, or --root-tar FILE --name NAME\n')
    return 2
  }
  if (recipe !== undefined) return report(recipe, (log) => buildRecipe(recipe, flags, log))
  const wishes = readRootTarFlags(flags)
  if (typeof wishes !== 'string') return report(wishes.name, buildRootTar(wishes, flags))
  process.stderr.write(`error: ${wishes}\n`)
  return 2
}

/** Builds, logs how far it is, and gives the file that came of it. */
type Build = (log: (line: string) => void) => Promise<string>

async function report(name: string, build: Build): Promise<number> {
  const startedAtMs = performance.now()
  const seconds = () => ((performance.now() - startedAtMs) / 1000).toFixed(0)
  try {
    const file = await build((line) => process.stderr.write(`${name} +${seconds()}s  ${line}\n`))
    process.stdout.write(`${file}\n`)
    return 0
  } catch (thrown) {
    if (!(thrown instanceof CodedError)) throw thrown
    process.stderr.write(`error[${thrown.code}]: ${thrown.message}\n`)
    if (thrown.remedy !== '') process.stderr.write(`  try: ${thrown.remedy}\n`)
    return 1
  }
}

async function buildRecipe(
  recipe: string,
  flags: Flags,
  log: (line: string) => void,
): Promise<string> {
  const built = await buildImage({
    recipeDirectory: resolve(flags.recipes, recipe),
    outputFile: flags.output ?? `${recipe}.raw`,
    ...workDirectoryOf(flags),
    log,
  })
  const sizes = `${formatByteSize(built.rawBytes)}, ${formatByteSize(built.allocatedBytes)} not zero`
  await writeLabel(built)
  log(`${built.name} ${built.version}: ${built.packages} packages, ${sizes}`)
  return built.outputFile
}

function buildRootTar(
  wishes: Exclude<ReturnType<typeof readRootTarFlags>, string>,
  flags: Flags,
): Build {
  return async (log) => {
    const outputFile = flags.output ?? `${wishes.name}.raw`
    const built = await buildFromRoot({ ...wishes, outputFile, ...workDirectoryOf(flags), log })
    await writeLabel(built)
    const { name, version, members, rawBytes } = built
    log(`${name} ${version}: ${members} members, ${formatByteSize(rawBytes)}`)
    return built.outputFile
  }
}

function workDirectoryOf({ workDirectory }: Flags): { readonly workDirectory?: string } {
  return workDirectory === undefined ? {} : { workDirectory }
}

type LabelledImage = Pick<BuiltImage, 'name' | 'version' | 'outputFile' | 'verity'>

/** So that `repave image import` needs to be told no more than the file. */
async function writeLabel(built: LabelledImage): Promise<void> {
  const { name, version, outputFile, verity } = built
  const label: ImageLabel = {
    ...{ format: 'repave-image-label/1', name, version },
    ...(verity === undefined ? {} : { verity }),
  }
  await writeFile(imageLabelPath(outputFile), `${JSON.stringify(label)}\n`)
}
