import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { DocumentInvalidError } from '../../../../../src/daemon/store/content/document-fault.ts'
import { loadContent } from '../../../../../src/daemon/store/content/load-content.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'repave-params-'))
  await put('params/console/param.yaml', 'name: console\ntype: string\npattern: "^tty"\n')
  await put('params/key/param.yaml', 'name: key\ntype: string\nsecret: true\n')
})
afterEach(() => rm(directory, { recursive: true }))

async function put(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(directory, path)), { recursive: true })
  await writeFile(join(directory, path), text)
}

/** `FILE:LINE:COLUMN PATH: MESSAGE` of each. */
async function faults(): Promise<readonly string[]> {
  const thrown: unknown = await loadContent([directory]).catch((error: unknown) => error)
  if (!(thrown instanceof DocumentInvalidError)) return []
  expect(thrown.message).not.toContain('hunter2')
  return thrown.faults.map(
    ({ file, line, column, path, message }) =>
      `${file.slice(directory.length + 1)}:${line}:${column} ${path}: ${message}`,
  )
}

const script = (rest: string) =>
  `name: w\nstages:\n  - name: s\n    ${rest}\n    tasks: [{ name: t, action: script, script: id, secrets: [key] }]\n`

describe('params and profiles in content folders', () => {
  it('a param that is none', async () => {
    await put('params/odd/param.yaml', 'name: odd\ntype: text\n')
    await put('params/low/param.yaml', 'name: low\ntype: integer\nminimun: 3\n')
    await put('params/Up_Case/param.yaml', 'name: Up_Case\ntype: boolean\n')
    await put('params/pattern/param.yaml', 'name: pattern\ntype: string\npattern: "(a"\n')
    await put('params/default/param.yaml', 'name: default\ntype: integer\ndefault: many\n')
    await put(
      'params/kept/param.yaml',
      'name: kept\ntype: string\nsecret: true\ndefault: hunter2\n',
    )
    const found = (await faults()).join('\n')
    expect(found).toContain('odd/param.yaml:2:7 type: expected one of string, integer, number')
    expect(found).toContain('low/param.yaml:3:1 : unknown key "minimun", did you mean "minimum"?')
    expect(found).toContain('Up_Case/param.yaml:1:7 name: expected lower-case words joined by "-"')
    expect(found).toContain('pattern/param.yaml:3:10 pattern: ')
    expect(found).toContain('default/param.yaml:3:10 default: expected a whole number, found text')
    expect(found).toContain('kept/param.yaml:4:10 default: expected { secret: FILE }')
  })

  it('a profile with params that there are not, or that do not fit', async () => {
    await put(
      'profiles/a/profile.yaml',
      'name: a\nparams:\n  console: com1\n  consol: ttyS0\n  key: hunter2\n',
    )
    expect(await faults()).toEqual([
      'profiles/a/profile.yaml:3:12 params.console: does not match ^tty',
      'profiles/a/profile.yaml:4:11 params.consol: no param is called "consol", did you mean "console"?',
      expect.stringContaining('profiles/a/profile.yaml:5:8 params.key: expected { secret: FILE }'),
    ])
  })

  it('a stage with params that do not fit, and a task with secrets that are none', async () => {
    await put(
      'workflows/w/workflow.yaml',
      script('params: { console: 7 }').replace('[key]', '[console, kez]'),
    )
    expect(await faults()).toEqual([
      'workflows/w/workflow.yaml:4:24 stages[0].params.console: expected text, found 7',
      expect.stringContaining('stages[0].tasks[0].secrets[0]: console is no secret'),
      expect.stringContaining(
        'stages[0].tasks[0].secrets[1]: no param is called "kez", did you mean "key"?',
      ),
    ])
  })

  it('a workflow that could only fail', async () => {
    const text = 'name: w\nstages: [{ name: s, tasks: [{ name: t, action: write-image }] }]\n'
    await put('workflows/w/workflow.yaml', text)
    expect(await faults()).toEqual([
      'workflows/w/workflow.yaml:2:9 stages: t needs a select-disk task before it',
    ])
  })

  it('a kernel command line with params that there are not, or that are secret', async () => {
    const text = 'name: sledgehammer\nkind: sledgehammer\nkernelArguments:\n'
    await put(
      'bootenvs/sledgehammer/bootenv.yaml',
      `${text}  - a={{ params.consle }}\n  - b={{ params.key }}\n`,
    )
    expect(await faults()).toEqual([
      expect.stringContaining(
        'bootenv.yaml:4:5 kernelArguments[0]: no param is called "consle", did',
      ),
      expect.stringContaining('bootenv.yaml:5:5 kernelArguments[1]: key is secret'),
    ])
  })

  it('a seed with params of the machine that there are not, or that are secret', async () => {
    const params = 'params:\n  a: { param: consle }\n  b: { param: key }\n'
    await put('seeds/s/seed.yaml', `name: s\n${params}userData: { x: "{{ params.a }}" }\n`)
    expect(await faults()).toEqual([
      expect.stringContaining(
        'seed.yaml:3:15 params.a.param: no param is called "consle", did you',
      ),
      expect.stringContaining('seed.yaml:4:15 params.b.param: key is secret'),
    ])
  })

  it('are in force where they are right, own ones over others of their name', async () => {
    await put(
      'profiles/a/profile.yaml',
      'name: a\nparams: { console: ttyS0, key: { secret: f } }\n',
    )
    await put('workflows/w/workflow.yaml', script('params: { console: ttyS1 }'))
    await put('over/profiles/a/profile.yaml', 'name: a\nparams: { console: ttyS2 }\n')
    const content = await loadContent([directory, join(directory, 'over')])
    expect(content.profile('a')?.params).toEqual({ console: 'ttyS2' })
    expect(content.params().map(({ name }) => name)).toEqual(['console', 'key'])
    const own = content.objects.find(({ kind }) => kind === 'profile')
    expect(own).toMatchObject({ name: 'a', layer: 1, replaces: 0 })
  })
})
