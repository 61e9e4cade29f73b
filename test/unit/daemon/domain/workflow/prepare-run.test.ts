import { describe, expect, it } from 'vitest'

import { workflowSchema } from '../../../../../src/contract/workflow.ts'
import { prepareRun } from '../../../../../src/daemon/domain/workflow/prepare-run.ts'
import { createMemoryImageStore } from '../../../../fakes/memory-image-store.ts'
import { deployTasks } from './run-fixtures.ts'

const { stored } = createMemoryImageStore()
const workflow = workflowSchema.parse({
  name: 'deploy-image',
  description: 'writes an image',
  stages: [{ name: 'deploy', tasks: deployTasks }],
})

const prepare = (imageName: string, state: 'ready' | 'quarantined' = 'ready') => {
  const known = ['debian-12', 'debian-12@1', stored.image.digest as string]
  const image = { ...stored, image: { ...stored.image, state } }
  const unused = () => {
    throw new Error('not asked for here')
  }
  return prepareRun({ name: 'node-1' }, 'deploy-image', { imageName }, {
    content: {
      ...{ workflow: () => workflow, seedRole: unused },
      ...{ params: () => [], param: unused, profiles: () => [], profile: () => undefined },
    },
    images: { findImage: async (name: string) => (known.includes(name) ? image : undefined) },
    cloudConfig: { readCloudConfig: unused },
    secrets: { newId: unused, newSecret: unused, hashOf: unused },
  } as never)
}

describe(prepareRun, () => {
  it('I14 refuses an image in quarantine', async () => {
    await expect(prepare('debian-12', 'quarantined')).rejects.toMatchObject({
      code: 'ERR_IMAGE_QUARANTINED',
    })
  })

  it('refuses a version that is not there', async () => {
    await expect(prepare('debian-12@2')).rejects.toMatchObject({ code: 'ERR_IMAGE_NOT_FOUND' })
  })

  it.each([
    ['debian-12', 'debian-12'],
    ['debian-12@1', 'debian-12@1'],
    [stored.image.digest, `debian-12@${stored.image.version}`],
  ])('fixes the digest of %s and keeps what was asked for', async (reference, shown) => {
    const prepared = await prepare(reference)
    expect(prepared).toMatchObject({ imageDigest: stored.image.digest })
    expect(prepared.params.imageName).toBe(shown)
  })
})
