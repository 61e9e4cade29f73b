import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { loadSeeds } from '../../../../../../src/daemon/store/content/seeds/load-seeds.ts'
import { noParams } from '../../../../../fakes/no-params.ts'

describe(loadSeeds, () => {
  let directory: string
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'repave-seeds-'))
  })
  afterEach(async () => {
    await rm(directory, { recursive: true })
  })
  const read = async (text: string) => {
    await mkdir(join(directory, 'seeds/web'), { recursive: true })
    await writeFile(join(directory, 'seeds/web/seed.yaml'), `name: web\n${text}`)
    return loadSeeds([directory], noParams)
  }

  it.each([
    ['userData: { runcmd: ["{{ hostnam }}"] }', 2, 'unknown word "hostnam"'],
    ['userData: { a: "{{ params.user }}" }', 2, 'unknown word "params.user"'],
    ['userData: { a: "{{ machine.name" }', 2, 'not closed'],
    ['userData: { a: "{% include \'x\' %}" }', 2, 'include'],
    ['userScript: |\n  #!/bin/sh\n  true\n', 2, 'must call {{ phoneHomeUrl }}'],
    ['userScript: echo\n', 2, 'expected a first line'],
    ['userData: {}\nuserScript: "#!/bin/sh"\n', 3, 'exclude each other'],
    ['files: { "../x": a }', 2, 'Invalid key in record'],
    ['files: { "a/./x": a }', 2, 'Invalid key in record'],
    ['secrets: { a: { file: ../x } }', 2, 'expected lower-case letters'],
  ])('says where %j is wrong', async (text, line, message) => {
    const { faults } = await read(text)
    expect(faults[0]).toMatchObject({ line, message: expect.stringContaining(message) as string })
  })

  it('refuses a folder that is called otherwise', async () => {
    const { faults } = await read('')
    expect(faults).toEqual([])
    await writeFile(join(directory, 'seeds/web/seed.yaml'), 'name: other\n')
    expect((await loadSeeds([directory], noParams)).faults[0]?.message).toContain('make them equal')
  })

  it('E09 quotes what goes into a script, and leaves to the writer what goes into a mapping', async () => {
    const { roles, faults } = await read(
      'params: { user: { default: x } }\nuserScript: |\n  #!/bin/sh\n  echo {{ params.user }}; curl {{ phoneHomeUrl }}\n' +
        'files: { plain.txt: "{{ params.user }}", a.xml: "<a>{{ params.user }}</a>" }\n',
    )
    expect(faults).toEqual([])
    const rendering = roles.get('web')?.render({
      params: { user: `'; rm -rf / <x>` },
      phoneHomeUrl: 'http://a/b',
    })
    expect(rendering).toMatchObject({
      role: {
        userScript: `#!/bin/sh\necho ''\\''; rm -rf / <x>'; curl 'http://a/b'\n`,
        files: {
          'plain.txt': `'; rm -rf / <x>`,
          'a.xml': '<a>&#39;; rm -rf / &#60;x&#62;</a>',
        },
      },
    })
  })

  it('reads the seeds that ship', async () => {
    const { faults, roles } = await loadSeeds(['.'], noParams)
    expect(faults).toEqual([])
    expect([...roles.keys()]).toEqual(expect.arrayContaining(['linux-admin', 'windows']))
  })
})
