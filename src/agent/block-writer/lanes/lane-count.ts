/** More gain little before the disk is what is slowest, and each takes about 30 MiB. */
const maximumLanes = 4

/** Lanes for so many processor cores. */
export function laneCountFor(coreCount: number): number {
  return Math.min(Math.max(coreCount, 1), maximumLanes)
}
