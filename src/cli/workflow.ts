import type { Command } from 'commander'

import type { Workflow } from '../contract/workflow.ts'
import type { DaemonConnection } from '../operator-client/daemon-request.ts'
import { nearestNames } from '../presentation/nearest-names.ts'
import { shownText } from '../presentation/shown-text.ts'
import { stageLines, workflowLines } from '../presentation/workflow-lines.ts'
import {
  addCommand,
  type CommandLine,
  type CommonOptions,
  connectionOf,
  runs,
  withExamples,
} from './command-line.ts'
import { readWorkflows } from './daemon-lists.ts'
import { ReferenceUnresolvedError } from './errors.ts'
import { addListVerb } from './list-verb.ts'
import { printThing } from './output.ts'
import { requireNamed } from './require-named.ts'

/** `repave workflow list|show`. */
export function workflowCommands(line: CommandLine, program: Command): void {
  const workflow = program
    .command('workflow')
    .description('ordered stages that machines go through: list, show; machine run orders one')
  addListVerb<Workflow>(line, workflow, {
    summary: 'every workflow in force',
    examples: ['workflow list', 'workflow list --output json'],
    topics: ['content.*.*'],
    read: async (connection) => ({
      kind: 'WorkflowList',
      items: await readWorkflows(connection),
      nameOf: ({ name }) => name,
      columns: [
        ['NAME', ({ name }) => name],
        ['STAGES', ({ stages }) => String(stages.length)],
        ['TASKS', ({ stages }) => String(stages.flatMap(({ tasks }) => tasks).length)],
        ['DESCRIPTION', ({ description }) => shownText(description, 100)],
        ['ARMED', ({ armedHours }) => `${armedHours}h`, 'wide'],
      ],
    }),
  })
  addCommand(line, workflow, {
    words: 'show <workflow>',
    summary: 'one workflow: every task, how often it is tried, what becomes of a failure',
    examples: ['workflow show deploy-image', 'workflow show deploy-image --output yaml'],
  }).action(
    runs(line, async (name: string, options: CommonOptions) => {
      const all = await readWorkflows(connectionOf(line, options))
      const found = requireNamed('workflow', all, name)
      await printThing(line.world, options.output, {
        ...{ kind: 'Workflow', value: found, name },
        lines: workflowLines(found),
      })
      return 0
    }),
  )
  withExamples(workflow, ['workflow list', 'workflow show deploy-image'])
}

interface PlacedStage {
  readonly workflow: string
  readonly stage: Workflow['stages'][number]
}

/** `repave stage list|show`: stages stand in workflows, so each goes by `WORKFLOW/STAGE`. */
export function stageCommands(line: CommandLine, program: Command): void {
  const stage = program.command('stage').description('named steps of workflows: list, show')
  addListVerb<PlacedStage>(line, stage, {
    summary: 'every stage of every workflow in force, in its order',
    examples: ['stage list', 'stage list --output name'],
    topics: ['content.*.*'],
    read: async (connection) => ({
      kind: 'StageList',
      items: await readStages(connection),
      nameOf: stageName,
      columns: [
        ['WORKFLOW', ({ workflow }) => workflow],
        ['STAGE', ({ stage: { name } }) => name],
        ['TASKS', ({ stage: { tasks } }) => tasks.map(({ name }) => name).join(' ')],
        ['DESCRIPTION', ({ stage: { description } }) => shownText(description, 100)],
      ],
    }),
  })
  addCommand(line, stage, {
    words: 'show <stage>',
    summary: 'one stage, as WORKFLOW/STAGE; the name alone where one workflow has it',
    examples: ['stage show deploy-image/write', 'stage show deploy-image/write --output yaml'],
  }).action(
    runs(line, async (reference: string, options: CommonOptions) => {
      const all = await readStages(connectionOf(line, options))
      const found = findStage(all, reference)
      await printThing(line.world, options.output, {
        ...{ kind: 'Stage', value: found, name: stageName(found) },
        lines: stageLines(found.workflow, found.stage),
      })
      return 0
    }),
  )
  withExamples(stage, ['stage list', 'stage show deploy-image/write'])
}

const stageName = ({ workflow, stage }: PlacedStage) => `${workflow}/${stage.name}`

/** @throws {ReferenceUnresolvedError} with the nearest names, or those that it may mean */
function findStage(all: readonly PlacedStage[], reference: string): PlacedStage {
  const fitting = all.filter(
    (placed) => stageName(placed) === reference || placed.stage.name === reference,
  )
  const [found, another] = fitting
  if (found !== undefined && another === undefined) return found
  const near = found === undefined ? nearestNames(reference, all.map(stageName)) : []
  const meant = found === undefined ? near : fitting.map(stageName)
  const what = found === undefined ? 'no stage is called' : 'more than one workflow has the stage'
  throw new ReferenceUnresolvedError(`${what} ${shownText(reference)}`, {
    remedy: meant.length === 0 ? 'repave stage list' : `did you mean ${meant.join(' or ')}?`,
  })
}

async function readStages(connection: DaemonConnection): Promise<readonly PlacedStage[]> {
  const workflows = await readWorkflows(connection)
  return workflows.flatMap(({ name, stages }) => stages.map((stage) => ({ workflow: name, stage })))
}
