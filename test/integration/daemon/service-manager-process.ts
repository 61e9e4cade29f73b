import { spawn } from 'node:child_process'

import { asciiBytes } from '../../../src/base/ascii.ts'
import { unspecifiedIpv4 } from '../../../src/base/ipv4-address.ts'
import {
  internetAddress,
  linux,
  loadSocketCalls,
} from '../../../src/daemon/servers/dhcp/socket-calls.ts'

// Opens the DHCP socket of an interface, keeps it, and hands it to the program it starts: sd_listen_fds(3).
const [interfaceName = '', ...command] = process.argv.slice(2)
const calls = await loadSocketCalls()
const fd = calls.socket(linux.addressFamilyInet, linux.socketDatagram | linux.socketCloseOnExec, 0)
const name = asciiBytes(`${interfaceName}\0`)
calls.setsockopt(fd, linux.levelSocket, linux.optionBindToDevice, name, name.length)
const address = internetAddress(unspecifiedIpv4, 67)
if (calls.bind(fd, address, address.length) !== 0) throw new Error(calls.lastError())
const asItself = 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"'
const child = spawn('/bin/sh', ['-c', asItself, 'sh', ...command], {
  stdio: ['ignore', 'inherit', 'inherit', fd],
})
process.on('SIGTERM', () => child.kill('SIGTERM'))
child.on('exit', (code) => process.exit(code ?? 1))
