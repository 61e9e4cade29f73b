import { parseDocument } from 'yaml'
import { z } from 'zod'

import { messageOf } from '../../../base/coded-error.ts'
import type { CloudConfigReader } from '../../domain/seed/cloud-config.ts'

const mappingSchema = z.record(z.string(), z.json())
const maximumAliases = 100

/** Reads user-data with a YAML parser: a `#cloud-config` line, then one mapping of plain values. */
export const cloudConfigReader: CloudConfigReader = {
  readCloudConfig(text) {
    if (!/^#cloud-config\s*(?:\n|$)/.test(text)) {
      return { ok: false, reason: 'its first line is not #cloud-config' }
    }
    try {
      const document = parseDocument(text, { prettyErrors: true, stringKeys: true })
      const [problem] = [...document.errors, ...document.warnings]
      if (problem !== undefined) return { ok: false, reason: firstLine(problem.message) }
      const value: unknown = document.toJS({ maxAliasCount: maximumAliases })
      const config = mappingSchema.safeParse(value ?? {})
      if (!config.success) return { ok: false, reason: 'its top level is not a mapping' }
      return { ok: true, config: config.data }
    } catch (thrown) {
      return { ok: false, reason: firstLine(messageOf(thrown)) }
    }
  },
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? ''
}
