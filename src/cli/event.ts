import type { Command } from 'commander'
import { type RepaveEvent, topicSchema } from '../contract/event.ts'
import { eventText } from '../presentation/event-text.ts'
import { openFeed } from '../operator-client/open-feed.ts'
import { endpointText } from '../presentation/operator-endpoint.ts'
import { shortId, shownText } from '../presentation/shown-text.ts'
import { writeLines } from './cli-world.ts'
import {
  addCommand,
  type CommandLine,
  type CommonOptions,
  connectionOf,
  runs,
} from './command-line.ts'
import type { DaemonConnection } from '../operator-client/daemon-request.ts'
import { DaemonUnreachableError } from '../operator-client/errors.ts'
import { UsageError } from './errors.ts'
import { exitCodes } from './exit-code.ts'
import { jsonText, versionRecord } from './output.ts'
import { readSince } from './since.ts'

interface WatchOptions extends CommonOptions {
  readonly since?: string
}

/** `repave event watch`. */
export function eventCommands(line: CommandLine, program: Command): void {
  const event = program.command('event').description('what happens: watch')
  const examples = ['event watch', "event watch 'run.failed' --since 10m"]
  event.addHelpText('after', `\nExamples:\n  repave ${examples.join('\n  repave ')}`)
  addCommand(line, event, {
    words: 'watch [topics...]',
    summary: 'events as they happen; a topic is type.action.key, each a name, a comma list or *',
    examples: [
      "event watch 'machine,run.*.*'",
      'event watch run.failed --since 10m --output jsonl',
    ],
  })
    .option('--since <when>', 'begin after this event number, or that long ago (90s, 10m, 2h)')
    .action(
      runs(line, async (topics: string[], options: WatchOptions) => {
        const connection = connectionOf(line, options)
        const wanted = topics.length === 0 ? ['*.*.*'] : topics.map(wholeTopic)
        const since = await readSince(connection, options.since)
        return watchEvents(line, connection, { topics: wanted, since, json: options.output })
      }),
    )
}

/** `run` stands for `run.*.*`. @throws {UsageError} when it is no topic */
function wholeTopic(text: string): string {
  const parts = text.split('.')
  const topic = parts.length >= 3 ? text : [...parts, '*', '*'].slice(0, 3).join('.')
  if (!topicSchema.safeParse(topic).success) {
    throw new UsageError(`not a topic: ${shownText(text)}`, {
      remedy: "give one such as run, run.failed or 'machine.*.*'",
    })
  }
  return topic
}

async function watchEvents(
  line: CommandLine,
  connection: DaemonConnection,
  {
    topics,
    since,
    json,
  }: { topics: readonly string[]; since: number | undefined; json: CommonOptions['output'] },
): Promise<number> {
  const asJson = json === 'json' || json === 'jsonl'
  if (asJson) writeLines(line.world.stdout, [versionRecord()])
  let begun = false
  const feed = openFeed({
    ...connection,
    topics,
    ...(since === undefined ? {} : { since }),
  })
  for await (const item of feed) {
    if (item.kind === 'disconnected') {
      if (!begun)
        throw new DaemonUnreachableError(endpointText(connection.endpoint), new Error(item.reason))
      writeLines(line.world.stderr, [`connection lost (${item.reason}), reconnecting`])
    }
    begun = true
    if (item.kind === 'event') {
      writeLines(line.world.stdout, [asJson ? jsonText(item.event) : eventLine(item.event)])
    }
  }
  return exitCodes.interrupted
}

/** `12:41:05  run.task-started  6f1c2d3e  daemon  inventory started`. */
function eventLine(event: RepaveEvent): string {
  const time = new Date(event.timeMs).toTimeString().slice(0, 8)
  const key = event.key.length === 36 ? shortId(event.key) : event.key
  const what = `${shownText(event.type, 64)}.${shownText(event.action, 64)}`
  return [
    String(event.seq).padStart(6),
    time,
    what.padEnd(20),
    shownText(key, 64).padEnd(17),
    shownText(event.principal, 40).padEnd(10),
    eventText(event),
  ]
    .join('  ')
    .trimEnd()
}
