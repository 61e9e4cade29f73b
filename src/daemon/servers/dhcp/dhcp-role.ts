/**
 * What we are on an interface: `server` gives addresses; `proxy` adds boot files to what another server
 * gives (PXE 2.1 §2.2.3); `boot-server` is the port 4011 of a proxy, which UEFI firmware asks.
 */
export type DhcpRole = 'server' | 'proxy' | 'boot-server'

/** `auto`: a proxy where another server answers, else the server. */
export type DhcpMode = 'auto' | 'server' | 'proxy'
