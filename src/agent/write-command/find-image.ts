import { createHash } from 'node:crypto'
import { open, readFile, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

import { MEBIBYTE } from '../../base/byte-size.ts'
import { messageOf } from '../../base/coded-error.ts'
import { type Digest, digestFromBytes } from '../../base/digest.ts'
import {
  type ImageManifest,
  imageManifestSchema,
  signedManifestSchema,
} from '../../contract/image-manifest.ts'
import { fetchManifest } from '../block-writer/fetch-manifest.ts'
import { openSignedManifest } from '../block-writer/signed-manifest.ts'
import { readTrustedKeys } from '../block-writer/trusted-keys.ts'
import { ImageUnreadableError, ImageUntrustedError } from './errors.ts'
import type { WriteArguments } from './write-arguments.ts'

/** An image that may be written: somebody vouches for it. */
export interface FoundImage {
  readonly manifest: ImageManifest
  readonly imageDigest: Digest
  /** What {@link PackReader}s are opened with. */
  readonly packUrl: URL
  readonly vouchedBy: string
}

interface ImagePlace {
  /** The signed manifest as it travels. */
  readonly document: string
  readonly packUrl: URL
}

/** First line of an exported image; behind it the length of the signed manifest, then that, then the pack. */
const archiveHead = /^repave-image\/1 (\d{1,9})\n/
const mostManifestBytes = 192 * MEBIBYTE

/** @throws {ImageUnreadableError} {@link ImageUntrustedError} {@link ManifestRefusedError} {@link FetchFailedError} */
export async function findImage(
  words: Pick<WriteArguments, 'image' | 'digest' | 'trustedKeysPath'>,
  signal: AbortSignal,
): Promise<FoundImage> {
  const { document, packUrl } = await locate(words.image, signal)
  const text = manifestText(words.image, document)
  const imageDigest = digestFromBytes(createHash('sha256').update(text).digest())
  if (words.digest !== undefined) {
    if (words.digest !== imageDigest) {
      throw new ImageUnreadableError(words.image, `it is ${imageDigest}, not the one that is meant`)
    }
    const manifest = imageManifestSchema.parse(JSON.parse(text))
    return { manifest, imageDigest, packUrl, vouchedBy: 'the digest that was given' }
  }
  const keys = await readTrustedKeys(words.trustedKeysPath).catch((error: unknown) => {
    throw new ImageUntrustedError(imageDigest, words.trustedKeysPath, messageOf(error))
  })
  const manifest = openSignedManifest(document, imageDigest, keys)
  return { manifest, imageDigest, packUrl, vouchedBy: `a key of ${words.trustedKeysPath}` }
}

async function locate(image: string, signal: AbortSignal): Promise<ImagePlace> {
  if (image.startsWith('http://')) {
    const url = new URL(image.endsWith('/') ? `${image}manifest.json` : image)
    return { document: await fetchManifest(url, { signal }), packUrl: new URL('pack', url) }
  }
  if (/^[a-z]+:\/\//.test(image)) throw new ImageUnreadableError(image, 'only http:// is spoken')
  try {
    return await locateFile(resolve(image))
  } catch (error) {
    throw new ImageUnreadableError(image, messageOf(error))
  }
}

async function locateFile(path: string): Promise<ImagePlace> {
  if ((await stat(path)).isDirectory()) {
    const document = await readFile(join(path, 'manifest.json'), 'utf8')
    return { document, packUrl: pathToFileURL(join(path, 'pack')) }
  }
  await using file = await open(path)
  const start = Buffer.alloc(64)
  const { bytesRead } = await file.read(start, 0, start.length, 0)
  const head = archiveHead.exec(start.toString('latin1', 0, bytesRead))
  const manifestBytes = Number(head?.[1] ?? Number.NaN)
  if (head === null || !(manifestBytes <= mostManifestBytes)) {
    throw new TypeError('it does not begin as an exported image does')
  }
  const document = Buffer.alloc(manifestBytes)
  await file.read(document, 0, manifestBytes, head[0].length)
  const packUrl = pathToFileURL(path)
  packUrl.hash = String(head[0].length + manifestBytes)
  return { document: document.toString('utf8'), packUrl }
}

function manifestText(image: string, document: string): string {
  try {
    return signedManifestSchema.parse(JSON.parse(document)).manifest
  } catch (error) {
    throw new ImageUnreadableError(image, messageOf(error).slice(0, 500))
  }
}
