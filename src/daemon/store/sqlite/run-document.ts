import { type Run, runSchema } from '../../../contract/run.ts'

export function runFromDocument(document: string): Run {
  return runSchema.parse(JSON.parse(document))
}
