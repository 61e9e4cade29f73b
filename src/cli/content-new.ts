import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { type Command, Argument } from 'commander'

import { type ContentKind, contentKinds } from '../contract/content-kinds.ts'
import { nameSchema } from '../contract/values.ts'
import { shownText } from '../presentation/shown-text.ts'
import { writeLines } from './cli-world.ts'
import { addCommand, type CommandLine, type CommonOptions, runs } from './command-line.ts'
import { contentSkeletons } from './content-skeletons.ts'
import { FileExistsError, FileUnusableError, UsageError } from './errors.ts'

interface NewOptions extends CommonOptions {
  readonly folder: string
}

/** `repave content new KIND NAME`: a document to begin with, in a folder of one's own. */
export function addNewCommand(line: CommandLine, parent: Command): void {
  addCommand(line, parent, {
    words: 'new',
    summary: 'begin a document: its usual keys, the others as comments; needs no daemon',
    examples: ['content new workflow greet', 'content new profile rack-a --folder site --dry-run'],
  })
    .addArgument(new Argument('<kind>', 'what it is').choices(contentKinds.map(({ kind }) => kind)))
    .argument('<name>', 'what it is called')
    .option('--folder <folder>', 'content folder that it goes into', 'content')
    .option('--dry-run', 'print it, and write nothing', false)
    .action(
      runs(line, async (kind: ContentKind, name: string, { folder, dryRun }: NewOptions) => {
        if (!nameSchema.safeParse(name).success) {
          throw new UsageError(`"${shownText(name)}" is no name`, {
            remedy: 'lower-case letters, digits, "-" and ".", as rack-a',
          })
        }
        const text = contentSkeletons[kind](name)
        if (dryRun === true) line.world.stdout.write(text)
        else writeLines(line.world.stdout, [await writeDocument(folder, kind, name, text)])
        return 0
      }),
    )
}

/** @throws {FileExistsError} {@link FileUnusableError}; what is there is left as it is */
async function writeDocument(
  folder: string,
  kind: ContentKind,
  name: string,
  text: string,
): Promise<string> {
  const found = contentKinds.find((one) => one.kind === kind)
  const directory = join(folder, found?.folder ?? kind, name)
  const file = join(directory, found?.fileName ?? kind)
  try {
    await mkdir(directory, { recursive: true })
    await writeFile(file, text, { flag: 'wx' })
    return file
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'EEXIST') {
      throw new FileExistsError(`${shownText(file, 300)} is there already`, {
        remedy: 'choose another name, or edit it',
      })
    }
    throw new FileUnusableError(`cannot write ${shownText(file, 300)}`, { cause: thrown })
  }
}
