import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { DocumentInvalidError } from '../../../../../src/daemon/store/content/document-fault.ts'
import { loadContent } from '../../../../../src/daemon/store/content/load-content.ts'

const shipped = join(import.meta.dirname, '../../../../..')
let directory: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'repave-rules-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

function rule(name: string, text: string): void {
  mkdirSync(join(directory, 'rules', name), { recursive: true })
  writeFileSync(join(directory, 'rules', name, 'rule.yaml'), text)
}

async function faults(): Promise<readonly string[]> {
  try {
    await loadContent([shipped, directory])
    return []
  } catch (error) {
    if (!(error instanceof DocumentInvalidError)) throw error
    return error.faults.map(({ line, column, message }) => `${line}:${column} ${message}`)
  }
}

describe('rules in the content folders', () => {
  it('are refused with every fault and its place, the nearest word beside it', async () => {
    rule(
      'web',
      `name: web
when:
  inventory.system.serialNumbr: Re(^SN-)
  inventory.disks.transprt: nvme
  place.subnett: rack-b
  facts.disk: 2
  memory: Gte(1)
  name: Rx(a)
set:
  workflow: deploy-imag
  profiles: [nope]
  params: { nothing-such: 1 }
  onBoot: workflow:nothing
`,
    )
    rule('typo', 'name: typo\nwen: {}\n')
    expect(await faults()).toEqual([
      expect.stringContaining('2:1 '),
      '8:9 there is no operator Rx',
      '3:33 there is no "serialNumbr" in inventory.system, did you mean "serialNumber"?',
      '4:29 there is no "transprt" in inventory.disks, did you mean "transport"?',
      '5:18 there is no "subnett" in place, did you mean "subnet"?',
      '6:15 there is no "disk" in facts, did you mean "disks"?',
      expect.stringMatching(/^7:11 there is no "memory" in a machine/),
      '10:13 there is no workflow "deploy-imag", did you mean "deploy-image"?',
      '13:11 there is no workflow "nothing"',
      '11:14 there is no profile "nope"',
      expect.stringMatching(/^12:\d+ .*nothing-such/),
    ])
  })

  it('are in the order in which they are tried; a later folder replaces by name', async () => {
    rule('b', 'name: b\n')
    rule('a', 'name: a\norder: 900\n')
    rule(
      'c',
      'name: c\norder: 10\nwhen: { labels.rack: r1, inventory.disks.contents.partitionTable: gpt }\n',
    )
    const { rules, files } = await loadContent([shipped, directory])
    expect(rules().map((each) => each.rule.name)).toEqual(['c', 'b', 'a'])
    expect(files.filter((file) => file.endsWith('rule.yaml'))).toHaveLength(3)
  })
})
