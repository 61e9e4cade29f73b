import type { Command } from 'commander'

import { formatByteSize } from '../base/byte-size.ts'
import {
  type Collected,
  collectedSchema,
  type Scrubbed,
  scrubbedSchema,
} from '../contract/image-documents.ts'
import { shownText } from '../presentation/shown-text.ts'
import {
  addCommand,
  type CommandLine,
  type CommonOptions,
  connectionOf,
  runs,
} from './command-line.ts'
import { askDaemon } from '../operator-client/daemon-request.ts'
import { exitCodes } from './exit-code.ts'
import { findImage, imagePath } from './image-reference.ts'
import { printThing } from './output.ts'

/** Reading a whole store takes as long as its disk takes. */
const patienceMs = 6 * 3_600_000

/** `repave image verify|scrub|gc`: what is stored, proven and put in order. */
export function addCareCommands(line: CommandLine, parent: Command): void {
  addCommand(line, parent, {
    words: 'verify <image>',
    summary: 'read every stored byte of an image and compare it with its digest',
    examples: ['image verify debian-12', 'image verify debian-12@20261101'],
  }).action(
    runs(line, async (reference: string, options: CommonOptions) => {
      const image = await findImage(connectionOf(line, options), reference)
      return scrub(line, options, `${imagePath(image.digest)}/verify`)
    }),
  )
  addCommand(line, parent, {
    words: 'scrub',
    summary: 'the same for every image; the daemon does it once a day by itself',
    examples: ['image scrub', 'image scrub --output json'],
  }).action(runs(line, (options: CommonOptions) => scrub(line, options, '/images/scrub')))
  addCommand(line, parent, {
    words: 'gc',
    summary: 'remove bytes that no image and no run needs any more',
    examples: ['image gc --dry-run', 'image gc'],
  })
    .option('--dry-run', 'say what would be removed, and remove nothing', false)
    .action(
      runs(line, async (options: CommonOptions & { dryRun: boolean }) => {
        const path = `/images/gc?dryRun=${options.dryRun}`
        // The daemon itself tells what a dry run would remove.
        const connection = connectionOf(line, { ...options, dryRun: false })
        const request = { method: 'POST', path, silenceMs: patienceMs } as const
        const collected = await askDaemon(connection, request, collectedSchema)
        await printThing(line.world, options.output, {
          kind: 'Collected',
          value: collected,
          name: String(collected.freedBytes),
          lines: collectedLines(collected),
        })
        return 0
      }),
    )
}

async function scrub(line: CommandLine, options: CommonOptions, path: string): Promise<number> {
  const request = { method: 'POST', path, silenceMs: patienceMs } as const
  const scrubbed = await askDaemon(connectionOf(line, options), request, scrubbedSchema)
  await printThing(line.world, options.output, {
    kind: 'Scrubbed',
    value: scrubbed,
    name: String(scrubbed.damagedChunks),
    lines: scrubbedLines(scrubbed),
  })
  return scrubbed.damagedChunks === 0 ? exitCodes.done : exitCodes.failed
}

function scrubbedLines(scrubbed: Scrubbed): string[] {
  const { checkedChunks, checkedBytes, damagedChunks, quarantined, released } = scrubbed
  return [
    `${checkedChunks} chunks, ${formatByteSize(checkedBytes)} read, ${damagedChunks} damaged`,
    ...quarantined.map((name) => `quarantined  ${shownText(name)}: import it again`),
    ...released.map((name) => `whole again  ${shownText(name)}`),
  ]
}

function collectedLines({ dryRun, removedImages, freedBytes, storedBytes }: Collected): string[] {
  const [removed, freed] = dryRun ? ['would remove', 'would free'] : ['removed', 'freed']
  return [
    ...removedImages.map(({ name, version, digest }) =>
      [removed, `${name}@${shownText(version)}`, digest].join('  '),
    ),
    `${freed} ${formatByteSize(freedBytes)}, ${formatByteSize(storedBytes)} stored`,
  ]
}
