import { stat } from 'node:fs/promises'

import { type BootEnv, bootEnvSchema } from '../../../contract/bootenv.ts'
import {
  type DerivedRecipe,
  derivedRecipeSchema,
  type ImageRecipe,
  imageRecipeSchema,
} from '../../../contract/image-recipe.ts'
import { type Param, paramSchema, type Profile, profileSchema } from '../../../contract/param.ts'
import { type Rule, ruleSchema } from '../../../contract/rule.ts'
import { type Workflow, workflowSchema } from '../../../contract/workflow.ts'
import type { ContentObject } from '../../domain/content/content-object.ts'
import type { Subnet } from '../../domain/lease/subnet.ts'
import { inOrder } from '../../domain/machine/rules/compile-rule.ts'
import type { ParamSource } from '../../domain/param/param-source.ts'
import type { ContentSource } from '../../domain/workflow/content-source.ts'
import { referenceFaults } from './check-references.ts'
import { wholeFileFault } from './content-files.ts'
import { readContentObjects } from './content-objects.ts'
import { type DocumentFault, DocumentInvalidError } from './document-fault.ts'
import { readRules } from './rules/rule-faults.ts'
import { loadSeeds } from './seeds/load-seeds.ts'
import { Shelf } from './shelf.ts'
import { loadSubnets } from './subnets/load-subnets.ts'

export interface LoadedContent extends ContentSource {
  /** Files in use. */
  readonly files: readonly string[]
  /** Every document as it was written. */
  readonly objects: readonly ContentObject[]
  readonly workflowNames: readonly string[]
  /** Networks whose machines get addresses. */
  readonly subnets: readonly Subnet[]
}

/**
 * Reads `bootenvs/NAME/bootenv.yaml`, `workflows/NAME/workflow.yaml` and so on, for every kind of
 * content there is, below each directory; a later directory replaces what an earlier one calls by the same name. Whole or not at all.
 *
 * @throws {DocumentInvalidError} with the faults of every file
 */
export async function loadContent(directories: readonly string[]): Promise<LoadedContent> {
  const bootEnvs = new Shelf<BootEnv>('bootenvs', 'bootenv.yaml', bootEnvSchema)
  const workflows = new Shelf<Workflow>('workflows', 'workflow.yaml', workflowSchema)
  const params = new Shelf<Param>('params', 'param.yaml', paramSchema)
  const profiles = new Shelf<Profile>('profiles', 'profile.yaml', profileSchema)
  const images = new Shelf<ImageRecipe | DerivedRecipe>('images', 'image.yaml', recipeSchemaFor)
  const ruleShelf = new Shelf<Rule>('rules', 'rule.yaml', ruleSchema)
  const faults: DocumentFault[] = []
  for (const directory of directories) {
    if (!(await isDirectory(directory))) faults.push(wholeFileFault(directory, 'no such directory'))
    for (const shelf of [bootEnvs, workflows, params, profiles, images, ruleShelf]) {
      faults.push(...(await shelf.fill(directory)))
    }
  }
  const paramSource: ParamSource = {
    param: (name) => params.find(name),
    params: () => params.documents(),
    profile: (name) => profiles.find(name),
    profiles: () => profiles.documents(),
  }
  const referring = {
    ...{ bootEnvs: bootEnvs.entries(), workflows: workflows.entries() },
    ...{ params: params.entries(), profiles: profiles.entries() },
  }
  faults.push(...referenceFaults(referring, paramSource))
  const workflowNames = workflows.documents().map(({ name }) => name)
  const rules = readRules(ruleShelf.entries(), { params: paramSource, workflowNames })
  faults.push(...rules.faults)
  const subnets = await loadSubnets(directories)
  const seeds = await loadSeeds(directories, paramSource)
  faults.push(...subnets.faults, ...seeds.faults)
  if (faults.length > 0) throw new DocumentInvalidError(faults)
  const rulesInOrder = inOrder(rules.rules)
  return {
    ...paramSource,
    bootEnv: (name) => bootEnvs.find(name),
    bootEnvs: () => bootEnvs.documents(),
    workflow: (name) => workflows.find(name),
    workflows: () => workflows.documents(),
    seedRole: (name) => seeds.roles.get(name),
    seedNames: () => [...seeds.roles.keys()],
    rules: () => rulesInOrder,
    files: [bootEnvs, workflows, params, profiles, ruleShelf]
      .flatMap((shelf) => shelf.files())
      .concat(subnets.files, seeds.files),
    objects: await readContentObjects(directories),
    workflowNames,
    subnets: subnets.subnets,
  }
}

/** Images are built by a program of its own; here it is only said whether their recipes are right. */
function recipeSchemaFor(text: string) {
  return /^basedOn:/m.test(text) ? derivedRecipeSchema : imageRecipeSchema
}

async function isDirectory(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined)
  return found?.isDirectory() ?? false
}
