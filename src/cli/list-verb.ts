import type { Command } from 'commander'

import type { CliWorld } from './cli-world.ts'
import {
  addCommand,
  type CommandLine,
  type CommonOptions,
  connectionOf,
  runs,
} from './command-line.ts'
import type { DaemonConnection } from '../operator-client/daemon-request.ts'
import type { ListSource } from './list-source.ts'
import { printList } from './output.ts'
import { watchList } from './watch-list.ts'

export interface ListVerb<Item> extends ListSource<Item> {
  readonly summary: string
  readonly examples: readonly string[]
}

/** `NOUN list`, also `ls`: printed once, or with `--watch` again whenever something changes. */
export function addListVerb<Item>(
  line: CommandLine,
  parent: Command,
  verb: ListVerb<Item>,
): Command {
  return addCommand(line, parent, { words: 'list', ...verb })
    .alias('ls')
    .option('--watch', 'stay, and show what changes', false)
    .action(
      runs(line, (options: CommonOptions & { watch: boolean }) =>
        showList(line.world, connectionOf(line, options), options, verb),
      ),
    )
}

async function showList<Item>(
  world: CliWorld,
  connection: DaemonConnection,
  options: CommonOptions & { watch: boolean },
  source: ListSource<Item>,
): Promise<number> {
  if (options.watch) return watchList(world, connection, options, source)
  await printList(world, options, await source.read(connection))
  return 0
}
