import type {
  ImagePacks,
  ImageStore,
  StoredImage,
} from '../../src/daemon/domain/image/image-store.ts'
import { createSignedImage } from './signed-image.ts'

/** One small image called `debian-12`, signed and whole. */
export function createMemoryImageStore(): ImageStore &
  ImagePacks & { readonly stored: StoredImage } {
  const { manifest, signed, imageDigest, raw } = createSignedImage(Buffer.alloc(2 ** 20, 7))
  const { rawDigest, packBytes, version } = manifest
  const stored: StoredImage = {
    manifest,
    signed,
    image: {
      name: 'debian-12',
      version,
      digest: imageDigest,
      rawDigest,
      rawBytes: raw.length,
      packBytes,
      chunks: manifest.chunks.length,
      zeroChunks: 0,
      importedAtMs: 1,
      state: 'ready',
      signature: 'signed',
    },
  }
  const names = [stored.image.name, stored.image.digest as string]
  return {
    stored,
    listImages: async () => [stored.image],
    findImage: async (name) => (names.includes(name) ? stored : undefined),
    openPack: async () => undefined,
  }
}
