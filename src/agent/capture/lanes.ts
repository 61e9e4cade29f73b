/**
 * Runs `count` lanes side by side. The first failure stops the others through their signal, and is
 * thrown when all of them have come to rest, so that no buffer or descriptor is in use any more.
 */
export async function runLanes(
  count: number,
  signal: AbortSignal,
  lane: (laneIndex: number, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const stop = new AbortController()
  let failure: { error: unknown } | undefined
  const run = async (laneIndex: number) => {
    try {
      await lane(laneIndex, AbortSignal.any([signal, stop.signal]))
    } catch (error) {
      failure ??= { error }
      stop.abort(error)
    }
  }
  await Promise.all(Array.from({ length: count }, (_, laneIndex) => run(laneIndex)))
  if (failure !== undefined) throw failure.error
}
