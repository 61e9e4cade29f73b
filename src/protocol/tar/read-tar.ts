import { decodePaxRecords, type PaxFacts } from './decode-pax.ts'
import { decodeTarHeader, type TarHeader, untilNul } from './decode-header.ts'
import { PieceReader } from './piece-reader.ts'
import { type TarMember, tarBlockBytes, tarTypes } from './tar-member.ts'
import { TarRefusedError } from './tar-refused-error.ts'

/** Called for each member, in their order; must read `content` to its end before it resolves, or leave it. */
export type OnTarMember = (member: TarMember, content: AsyncIterable<Uint8Array>) => Promise<void>

/** Extended headers are small; a larger one is no name but an attack. */
const longestExtension = 1_048_576

/**
 * Reads an archive member by member in bounded memory.
 *
 * @throws {TarRefusedError} when it breaks off, or is no archive, or holds what cannot be read safely
 */
export async function readTar(
  source: AsyncIterable<Uint8Array>,
  onMember: OnTarMember,
): Promise<void> {
  const reader = new PieceReader(source)
  let pending: PaxFacts = {}
  for (;;) {
    const at = reader.offset
    const fail = (reason: string, path = `byte ${at}`) => new TarRefusedError(path, reason)
    const block = await reader.exactly(tarBlockBytes)
    // Two blocks of zeros end an archive; many a writer leaves them out.
    if (block === undefined && reader.isAtEnd) return
    if (block === undefined) throw fail('the archive is cut off')
    const decoded = decodeTarHeader(block)
    if (!decoded.ok) throw fail(decoded.reason)
    if (decoded.value === undefined) return requireOnlyZeros(reader)
    const header = decoded.value
    if ('LKxg'.includes(header.typeFlag)) {
      const extension = await readExtension(reader, header)
      if (typeof extension === 'string') throw fail(extension)
      pending = { ...pending, ...extension }
      continue
    }
    const member = memberOf(header, pending)
    pending = {}
    if (typeof member === 'string') throw fail(member, header.path)
    const content = reader.content(member.sizeBytes)
    await onMember(member, content)
    for await (const _rest of content);
    const padding = -member.sizeBytes & (tarBlockBytes - 1)
    if (reader.isCut || (await reader.exactly(padding)) === undefined) {
      throw fail('the archive is cut off', member.path)
    }
  }
}

/**
 * Reads what follows the end of an archive: writers fill up their last record with zeros. To the end,
 * so that whatever is packed around the archive is checked to its end as well.
 */
async function requireOnlyZeros(reader: PieceReader): Promise<void> {
  for await (const piece of reader.content(Number.POSITIVE_INFINITY)) {
    if (piece.some((byte) => byte !== 0)) {
      throw new TarRefusedError(`byte ${reader.offset}`, 'something follows the end of the archive')
    }
  }
}

/** What a header of kind `L`, `K` (GNU's long names), `x` or `g` (pax) says of the next member, or why it is refused. */
async function readExtension(
  reader: PieceReader,
  { typeFlag, sizeBytes }: TarHeader,
): Promise<PaxFacts | string> {
  if (sizeBytes > longestExtension) return 'an extended header of more than 1 MiB'
  const padded = Math.ceil(sizeBytes / tarBlockBytes) * tarBlockBytes
  const block = await reader.exactly(padded)
  if (block === undefined) return 'the archive is cut off'
  const bytes = block.subarray(0, sizeBytes)
  if (typeFlag === 'L') return { path: untilNul(bytes) }
  if (typeFlag === 'K') return { linkTarget: untilNul(bytes) }
  const facts = decodePaxRecords(bytes)
  if (!facts.ok) return facts.reason
  // A global header speaks of all members; writers use it for comments only.
  const isHarmless = typeFlag === 'x' || Object.keys(facts.value).length === 0
  return isHarmless ? facts.value : 'a global header that renames or resizes members'
}

function memberOf(header: TarHeader, extended: PaxFacts): TarMember | string {
  if (header.typeFlag === 'S') return 'a sparse file; make the archive without -S'
  if (!Object.hasOwn(tarTypes, header.typeFlag)) return 'a member of a kind that is not known'
  const named = tarTypes[header.typeFlag as keyof typeof tarTypes]
  const { typeFlag: _typeFlag, ...facts } = { ...header, ...extended }
  // Before POSIX a name that ends in a slash was how a folder was told.
  const type = named === 'file' && facts.path.endsWith('/') ? 'directory' : named
  return { ...facts, type, sizeBytes: type === 'file' ? facts.sizeBytes : 0 }
}
