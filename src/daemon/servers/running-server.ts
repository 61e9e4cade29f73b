/** A server that listens. Disposing it stops new work, lets what is under way end, and closes the socket. */
export interface RunningServer extends AsyncDisposable {
  /** `dhcp`, `tftp`, `http`. */
  readonly name: string
  /** Where it listens, for people: `10.77.0.1:69/udp`. */
  readonly endpoint: string
  /** Resolves when it has closed; rejects when it died by itself, and then the whole daemon stops. */
  readonly closed: Promise<void>
  /** Counters since start, by dotted name: `dhcp.malformed`. */
  counters(): Readonly<Record<string, number>>
}
