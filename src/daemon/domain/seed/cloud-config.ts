import type { Json } from '../../../contract/canonical-json.ts'

/** Reads a person's `#cloud-config` text (YAML). Implemented by the store, which may use a YAML library. */
export interface CloudConfigReader {
  /** The mapping it holds, or why it cannot be used. */
  readCloudConfig(
    text: string,
  ):
    | { readonly ok: true; readonly config: { readonly [key: string]: Json } }
    | { readonly ok: false; readonly reason: string }
}
