/** Where the clusters of a volume lie. */
export interface FatDataArea {
  readonly firstDataSector: number
  readonly clusterBytes: number
  readonly clusterCount: number
}

/** The data area of a FAT12 volume, given out from its beginning. */
export class FatClusters {
  readonly #image: Uint8Array
  readonly #fat: Uint8Array
  readonly #area: FatDataArea
  readonly #dataOffset: number
  #next = 2

  /** Writes into `image` and `fat` as clusters are taken. */
  constructor(image: Uint8Array, fat: Uint8Array, area: FatDataArea, sectorBytes: number) {
    this.#image = image
    this.#fat = fat
    this.#area = area
    this.#dataOffset = area.firstDataSector * sectorBytes
  }

  /**
   * Chains as many clusters as `sizeBytes` need.
   *
   * @returns the first of them; 0 for nothing at all
   * @throws {RangeError} naming `what` when there are not so many left
   */
  take(sizeBytes: number, what: string): number {
    const { clusterBytes, clusterCount } = this.#area
    if (sizeBytes === 0) return 0
    const first = this.#next
    this.#next += Math.ceil(sizeBytes / clusterBytes)
    if (this.#next - 2 > clusterCount) throw new RangeError(`no room for ${what}`)
    for (let cluster = first; cluster < this.#next; cluster++) {
      this.#setEntry(cluster, cluster === this.#next - 1 ? 0xfff : cluster + 1)
    }
    return first
  }

  write(firstCluster: number, bytes: Uint8Array): void {
    if (bytes.length === 0) return
    this.#image.set(bytes, this.#dataOffset + (firstCluster - 2) * this.#area.clusterBytes)
  }

  /** Two entries share three bytes. */
  #setEntry(cluster: number, value: number): void {
    const fat = this.#fat
    const offset = cluster + (cluster >> 1)
    const low = fat[offset] ?? 0
    const high = fat[offset + 1] ?? 0
    if (cluster % 2 === 0) {
      fat[offset] = value & 0xff
      fat[offset + 1] = (high & 0xf0) | (value >> 8)
    } else {
      fat[offset] = (low & 0x0f) | ((value & 0x0f) << 4)
      fat[offset + 1] = value >> 4
    }
  }
}
