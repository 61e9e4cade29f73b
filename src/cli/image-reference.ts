import { type Image, imageListSchema, imageSchema } from '../contract/api-documents.ts'
import { nearestNames } from '../presentation/nearest-names.ts'
import { shownText } from '../presentation/shown-text.ts'
import { askDaemon, type DaemonConnection } from '../operator-client/daemon-request.ts'
import { DaemonProblemError } from '../operator-client/errors.ts'
import { ReferenceUnresolvedError } from './errors.ts'

export async function readImages(connection: DaemonConnection): Promise<Image[]> {
  return (await askDaemon(connection, { path: '/images' }, imageListSchema)).items
}

/** Below `/api/v1`. */
export function imagePath(reference: string): string {
  return `/images/${encodeURIComponent(reference)}`
}

/**
 * The image that goes by `NAME`, `NAME@VERSION` or a digest.
 *
 * @throws {ReferenceUnresolvedError} when none does
 */
export async function findImage(connection: DaemonConnection, reference: string): Promise<Image> {
  try {
    return await askDaemon(connection, { path: imagePath(reference) }, imageSchema)
  } catch (thrown) {
    const isUnknown = thrown instanceof DaemonProblemError && thrown.status === 404
    if (!isUnknown) throw thrown
    throw await unresolved(connection, reference)
  }
}

async function unresolved(
  connection: DaemonConnection,
  reference: string,
): Promise<ReferenceUnresolvedError> {
  const [name = '', version] = reference.split('@')
  const names = (await readImages(connection)).map((image) => image.name)
  if (version !== undefined && names.includes(name)) {
    return new ReferenceUnresolvedError(`${name} has no version ${shownText(version)}`, {
      remedy: `repave image history ${name}`,
    })
  }
  const near = nearestNames(name, names)
  return new ReferenceUnresolvedError(`no image is called ${shownText(reference)}`, {
    remedy: near.length > 0 ? `did you mean ${near.join(', ')}?` : 'repave image list',
  })
}
