import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

import { Command, CommanderError } from 'commander'

import { formatByteSize } from '../base/byte-size.ts'
import { CodedError } from '../base/coded-error.ts'
import { type ImageLabel, imageLabelPath } from '../contract/image-label.ts'
import { type BuiltImage, buildImage } from './build-image.ts'

const projectRecipes = fileURLToPath(new URL('../../images', import.meta.url))

interface Flags {
  readonly output?: string
  readonly recipes: string
  readonly workDirectory?: string
}

/**
 * `repave image build RECIPE`: the words behind `build`.
 *
 * @returns the exit status: 0 built, 1 failed, 2 not understood
 */
export async function runImageBuildCommand(argv: readonly string[]): Promise<number> {
  const command = new Command('repave image build')
    .description("Makes a disk image from Debian's packages, as images/RECIPE/image.yaml says.")
    .argument('<recipe>', 'name of a folder among the recipes')
    .option('--output <file>', 'where the raw image goes (default: RECIPE.raw)')
    .option('--recipes <directory>', 'where recipes are', projectRecipes)
    .option(
      '--work-directory <directory>',
      'for what is made in between (default: beside the output)',
    )
    .exitOverride()
  try {
    command.parse([...argv], { from: 'user' })
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : 2
    throw thrown
  }
  return build(command.args[0] ?? '', command.opts<Flags>())
}

async function build(recipe: string, flags: Flags): Promise<number> {
  const startedAtMs = performance.now()
  const seconds = () => ((performance.now() - startedAtMs) / 1000).toFixed(0)
  const log = (line: string) => process.stderr.write(`${recipe} +${seconds()}s  ${line}\n`)
  try {
    const built = await buildImage({
      recipeDirectory: resolve(flags.recipes, recipe),
      outputFile: flags.output ?? `${recipe}.raw`,
      ...(flags.workDirectory === undefined ? {} : { workDirectory: flags.workDirectory }),
      log,
    })
    const sizes = `${formatByteSize(built.rawBytes)}, ${formatByteSize(built.allocatedBytes)} not zero`
    await writeLabel(built)
    log(`${built.name} ${built.version}: ${built.packages} packages, ${sizes}`)
    process.stdout.write(`${built.outputFile}\n`)
    return 0
  } catch (thrown) {
    if (!(thrown instanceof CodedError)) throw thrown
    process.stderr.write(`error[${thrown.code}]: ${thrown.message}\n`)
    if (thrown.remedy !== '') process.stderr.write(`  try: ${thrown.remedy}\n`)
    return 1
  }
}

/** So that `repave image import` needs to be told no more than the file. */
async function writeLabel({ name, version, outputFile, verity }: BuiltImage): Promise<void> {
  const label: ImageLabel = {
    ...{ format: 'repave-image-label/1', name, version },
    ...(verity === undefined ? {} : { verity }),
  }
  await writeFile(imageLabelPath(outputFile), `${JSON.stringify(label)}\n`)
}
