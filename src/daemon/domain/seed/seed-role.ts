import type { Json } from '../../../contract/canonical-json.ts'
import type { SeedDatasource } from '../../../contract/seed.ts'
import type { TemplateFacts } from '../template/template.ts'

export type Mapping = { readonly [key: string]: Json }

/** A role's part of a seed, with its templates filled in. */
export interface RenderedRole {
  readonly userData: Mapping
  /** In place of the user data. */
  readonly userScript?: string
  readonly vendorData?: Mapping
  readonly metaData: Mapping
  readonly networkConfig?: Mapping
  /** By path on the volume. */
  readonly files: Readonly<Record<string, string>>
}

export type RoleRendering =
  | { readonly ok: true; readonly role: RenderedRole }
  | { readonly ok: false; readonly reason: string }

/** What a role's machines are told on their first boot; read from `seeds/NAME/seed.yaml`. */
export interface SeedRole {
  readonly name: string
  readonly datasource: SeedDatasource
  /** By word; undefined where a deployment must say it. */
  readonly paramDefaults: ReadonlyMap<string, string | undefined>
  /** Names of params of the machine by word: what they are stands over the default. */
  readonly machineParams: ReadonlyMap<string, string>
  /** File names by word. */
  readonly secretFiles: ReadonlyMap<string, string>
  render(facts: TemplateFacts): RoleRendering
}

/** Reads what must be written nowhere but into a seed. */
export interface SecretFiles {
  /**
   * Without the line break at its end; undefined when there is no such file.
   *
   * @throws {CodedError} when it must not be used
   */
  read(name: string): Promise<string | undefined>
}

/** A deployment that names no role. */
export const plainRole: RenderedRole = { userData: {}, metaData: {}, files: {} }
