import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { DocumentInvalidError } from '../../../../../src/daemon/store/content/document-fault.ts'
import { loadContent } from '../../../../../src/daemon/store/content/load-content.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'repave-content-'))
})
afterEach(() => rm(directory, { recursive: true }))

const workflow = (name: string, description = '') =>
  `name: ${name}\ndescription: "${description}"\nstages: [{ name: s, tasks: [{ name: t, action: inventory }] }]\n`

async function put(path: string, text: string | Uint8Array): Promise<void> {
  await mkdir(dirname(join(directory, path)), { recursive: true })
  await writeFile(join(directory, path), text)
}

const faultsOf = async (...directories: string[]) => {
  const thrown: unknown = await loadContent(directories).catch((error: unknown) => error)
  if (!(thrown instanceof DocumentInvalidError))
    throw new Error('expected faults', { cause: thrown })
  return thrown.faults
}

describe(loadContent, () => {
  it('refuses everything when one file is wrong, and lists the faults of all files', async () => {
    await put('workflows/good/workflow.yaml', workflow('good'))
    await put('workflows/bad/workflow.yaml', 'name: bad\n')
    await put('bootenvs/odd/bootenv.yaml', 'name: odd\nkind: floppy\n')
    const faults = await faultsOf(directory)
    expect(faults.map((fault) => `${fault.file.slice(directory.length)}:${fault.line}`)).toEqual([
      '/bootenvs/odd/bootenv.yaml:2',
      '/workflows/bad/workflow.yaml:1',
    ])
  })

  it('refuses a folder without its file, a name that differs from the folder, and bytes that are no text', async () => {
    await mkdir(join(directory, 'workflows/empty'), { recursive: true })
    await put('workflows/one/workflow.yaml', workflow('other'))
    await put('workflows/raw/workflow.yaml', Uint8Array.of(0xff, 0xfe, 0x00))
    const messages = (await faultsOf(directory)).map((fault) => fault.message)
    expect(messages[0]).toContain('missing')
    expect(messages[1]).toContain('the folder is called "one", the name inside is "other"')
    expect(messages[2]).toContain('not valid')
  })

  it('refuses a directory that does not exist', async () => {
    expect((await faultsOf('/nonexistent/content'))[0]?.message).toBe('no such directory')
  })

  it('lets a later directory replace what an earlier one calls by the same name', async () => {
    await put('base/workflows/deploy/workflow.yaml', workflow('deploy', 'ours'))
    await put('base/bootenvs/disk/bootenv.yaml', 'name: disk\nkind: local-disk\n')
    await put('mine/workflows/deploy/workflow.yaml', workflow('deploy', 'theirs'))
    const content = await loadContent([join(directory, 'base'), join(directory, 'mine')])
    expect(content.workflow('deploy')?.description).toBe('theirs')
    expect(content.bootEnv('disk')?.kind).toBe('local-disk')
    expect(content.workflow('absent')).toBeUndefined()
    expect(content.files).toHaveLength(2)
    expect(content.workflowNames).toEqual(['deploy'])
  })
})
