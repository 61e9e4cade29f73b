/** One stretch of a file in memory, or on its way there. */
export interface Piece {
  bytes?: Uint8Array
  /** Settles when `bytes` are there; rejects with whatever reading threw. */
  readonly loading: Promise<void>
}

/** 16 MiB of pieces of 64 KiB; what transfers hold of them stays with them. */
const mostPieces = 256

/**
 * Pieces of files that transfers have asked for lately: a rack that is switched on reads the same file
 * from the disk once and not once a machine.
 */
export class SharedPieces {
  readonly #pieces = new Map<string, Piece>()

  /** The piece under that name, read when nobody has it. */
  piece(name: string, read: () => Promise<Uint8Array>): Piece {
    const known = this.#pieces.get(name)
    if (known !== undefined) {
      this.#pieces.delete(name)
      this.#pieces.set(name, known)
      return known
    }
    const piece = loadPiece(read)
    piece.loading.catch(() => this.#pieces.delete(name))
    this.#pieces.set(name, piece)
    if (this.#pieces.size > mostPieces) {
      this.#pieces.delete(this.#pieces.keys().next().value ?? '')
    }
    return piece
  }
}

/** A piece that nobody else sees. */
export function loadPiece(read: () => Promise<Uint8Array>): Piece {
  const load = async () => {
    const { buffer, byteOffset, byteLength } = await read()
    // Parts of a plain array are cut off faster than those of a Buffer, and there is one for each block.
    piece.bytes = new Uint8Array(buffer, byteOffset, byteLength)
  }
  const piece: Piece = { loading: load() }
  // Whoever needs the piece gets the failure; one read ahead in vain is tried again by then.
  piece.loading.catch(() => {})
  return piece
}
