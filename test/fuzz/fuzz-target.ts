/** A function of untrusted bytes that must be total: any bytes give a value or a reason, never a throw. */
export interface FuzzTarget {
  /** The decoder's name: `dhcpv4 packet`. */
  readonly name: string
  /** Real inputs; what is tried are these with bytes changed, cut, doubled and spliced. */
  readonly seeds: readonly Uint8Array[]
  /** Decodes, and checks what must hold of the outcome. Throws, or rejects, only when the decoder is wrong. */
  readonly tryBytes: (bytes: Uint8Array) => void | Promise<void>
}
