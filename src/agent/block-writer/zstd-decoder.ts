import { constants, createZstdDecompress, type ZstdDecompress } from 'node:zlib'

/**
 * The part of a zlib stream that Node's synchronous functions stand on. They allocate their output anew
 * for every frame, which costs a third of the speed and twice the memory of a writer.
 */
interface DecoderInside {
  readonly _handle: {
    reset(): void
    writeSync(
      flush: number,
      ...places: readonly [Uint8Array, number, number, Uint8Array, number, number]
    ): void
  }
  /** Room left in the output, bytes left of the input. */
  readonly _writeState: Uint32Array
}

type OpenDecoder = ZstdDecompress & DecoderInside

/** Where something would stand that follows a frame. */
const probe = new Uint8Array(1)

/** Decodes zstd frames one after the other straight into the caller's memory. */
export class ZstdDecoder implements Disposable {
  #decoder: OpenDecoder | undefined
  #failure: string | undefined

  /** @returns why the frame is refused, or undefined when it filled all of `output` and nothing is left of it */
  decode(frame: Uint8Array, output: Uint8Array): string | undefined {
    const decoder = (this.#decoder ??= this.#open())
    const { _handle: handle, _writeState: state } = decoder
    handle.reset()
    const place = [frame, 0, frame.length, output, 0, output.length] as const
    handle.writeSync(constants.ZSTD_e_end, ...place)
    const [outputLeft = 0, inputLeft = 0] = state
    if (outputLeft === 0 && inputLeft > 0) this.#passEmptyFrame(decoder, frame, inputLeft)
    const failure = this.#failure ?? this.#judge(state, output.length)
    if (failure === undefined) return undefined
    // A handle that has failed once reports that failure for ever.
    this[Symbol.dispose]()
    return failure
  }

  [Symbol.dispose](): void {
    this.#decoder?.close()
    this.#decoder = undefined
    this.#failure = undefined
  }

  /**
   * Node's asynchronous compressor now and then ends what it makes with a frame of nothing. It is read as any
   * decoder would; whatever else follows stays what is left.
   */
  #passEmptyFrame(
    { _handle: handle, _writeState: state }: OpenDecoder,
    frame: Uint8Array,
    left: number,
  ) {
    handle.reset()
    const place = [frame, frame.length - left, left, probe, 0, probe.length] as const
    handle.writeSync(constants.ZSTD_e_end, ...place)
    const [outputLeft = 0, inputLeft = 0] = state
    state[0] = 0
    state[1] = outputLeft === probe.length ? inputLeft : left
  }

  #open(): OpenDecoder {
    const decoder = createZstdDecompress({ chunkSize: constants.Z_MIN_CHUNK }) as OpenDecoder
    if (typeof decoder._handle?.writeSync !== 'function' || decoder._writeState?.length !== 2) {
      throw new TypeError(`Node ${process.versions.node} keeps its zstd decoder in another shape`)
    }
    const onerror = (message: string) => {
      this.#failure = message
    }
    Object.assign(decoder._handle, { onerror })
    return decoder
  }

  #judge(state: Uint32Array, dueBytes: number): string | undefined {
    const [outputLeft = 0, inputLeft = 0] = state
    if (outputLeft > 0) return `it decodes to ${dueBytes - outputLeft} bytes`
    return inputLeft > 0 ? `${inputLeft} bytes are left of it` : undefined
  }
}
