import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { faultText } from '../../../../../src/contract/fault-text.ts'
import { taskSchema, workflowSchema } from '../../../../../src/contract/workflow.ts'
import { readYamlDocument } from '../../../../../src/daemon/store/content/yaml-document.ts'

const faultsOf = (text: string) => {
  const reading = readYamlDocument('workflow.yaml', text, workflowSchema)
  return reading.ok ? [] : reading.faults.map(faultText)
}

describe(readYamlDocument, () => {
  it('points at an unknown key and names the nearest one that is valid there', () => {
    const text = `name: deploy
stages:
  - name: disk
    tasks:
      - name: pick
        action: select-disk
        disk: { serail: QM0001 }
`
    expect(faultsOf(text)).toEqual([
      `workflow.yaml:7:17 stages[0].tasks[0].disk: unknown key "serail", did you mean "serial"?\n` +
        `          disk: { serail: QM0001 }\n` +
        `                  ^`,
    ])
  })

  it('narrows the keys it offers to the task that the action names', () => {
    const text = `name: deploy
stages:
  - name: disk
    tasks:
      - { name: pick, action: inventory, disc: {} }
`
    expect(faultsOf(text)[0]).toContain(
      'unknown key "disc", known here: name, timeoutSeconds, retry, onError, needsApproval, action',
    )
  })

  it('reports every fault of a file at once', () => {
    const text = `name: Deploy
stages:
  - name: one
    tasks: wrong
  - name: two
    tasks: [{ name: t, action: inventry }]
`
    const actions = taskSchema.options.map(({ shape }) => shape.action.value).join(', ')
    expect(faultsOf(text).map((fault) => fault.split('\n')[0])).toEqual([
      'workflow.yaml:1:7 name: expected lower-case letters, digits, "-" and "."',
      'workflow.yaml:4:12 stages[0].tasks: expected a list, found text "wrong"',
      `workflow.yaml:6:32 stages[1].tasks[0].action: expected one of ${actions}, found text "inventry", did you mean "inventory"?`,
    ])
  })

  it('points at the mapping that lacks a key', () => {
    expect(faultsOf('name: deploy\n')[0]).toContain(
      'workflow.yaml:1:1 stages: missing, expected a list',
    )
  })

  it('refuses a key that stands twice and text that is no YAML', () => {
    expect(faultsOf('name: a\nname: b\n')[0]).toMatch(/^workflow\.yaml:2:1 Map keys must be unique/)
    expect(faultsOf('name: [')[0]).toMatch(/^workflow\.yaml:1:8 /)
    expect(faultsOf('')[0]).toContain('expected a mapping, found nothing')
  })

  it('tells of one fault in each line that is no YAML, and not of all that follows from it', () => {
    const faults = faultsOf('name: a\nstages: { x: Re(-[0-9]$) }\n')
    expect(faults.map((fault) => /:(\d+):\d+ /.exec(fault)?.[1])).toEqual(['2'])
  })

  it('refuses an alias bomb and a nesting bomb without blowing up', () => {
    const levels = Array.from({ length: 12 }, (_, level) =>
      level === 0 ? 'a0: &a0 [x,x,x,x]' : `a${level}: &a${level} [${`*a${level - 1},`.repeat(9)}]`,
    )
    expect(faultsOf(levels.join('\n'))).toHaveLength(1)
    expect(faultsOf('['.repeat(200_000)).length).toBeGreaterThan(0)
    expect(faultsOf(`name: "${'x'.repeat(1_100_000)}"`)[0]).toContain('longer than 1048576')
  })

  it('cannot be made to set a prototype', () => {
    expect(faultsOf('__proto__: { polluted: 1 }\nname: a\nstages: []\n').join()).toContain(
      '__proto__',
    )
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })

  it('gives a value or faults for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        const reading = readYamlDocument('any.yaml', text, workflowSchema)
        expect(reading.ok || reading.faults.length > 0).toBe(true)
      }),
    )
  })

  it('reads a document and fills in the defaults', () => {
    const text = 'name: look\nstages: [{ name: s, tasks: [{ name: i, action: inventory }] }]\n'
    const reading = readYamlDocument('workflow.yaml', text, workflowSchema)
    expect(reading.ok && reading.value.stages[0]?.tasks[0]).toMatchObject({
      timeoutSeconds: 600,
      onError: 'fail',
    })
  })
})
