import { describe, expect, it } from 'vitest'
import { z } from 'zod'

import { configFileSchema, settings } from '../../../../src/daemon/configuration/settings.ts'

interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>
}

const leaves = (node: SchemaNode, path = ''): string[] =>
  node.properties === undefined
    ? [path]
    : Object.entries(node.properties).flatMap(([name, member]) =>
        leaves(member, path === '' ? name : `${path}.${name}`),
      )

describe('settings', () => {
  it('are the keys of repave.yaml, each once', () => {
    const schema = z.toJSONSchema(configFileSchema, { io: 'input', unrepresentable: 'any' })
    expect(settings.map(({ key }) => key).sort()).toEqual(leaves(schema as SchemaNode).sort())
  })
})
