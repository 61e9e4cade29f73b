// Stands in for the agent inside sledgehammer: ends once to show that it is started again, then says
// on the console which network, mounts and disks init has left it with.
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'

const bootMac = /repave\.mac=(\S+)/.exec(readFileSync('/proc/cmdline', 'utf8'))?.[1]
const marker = '/run/probe-was-here'

function say(line: string): void {
  process.stdout.write(`probe: ${line}\n`)
}

/** Interfaces with an IPv4 address, loopback aside. */
function addresses(): string[] {
  return Object.entries(networkInterfaces()).flatMap(([name, all]) =>
    (all ?? [])
      .filter(({ family, internal }) => family === 'IPv4' && !internal)
      .map(({ mac, address }) => `${name} ${mac} ${address}`),
  )
}

function report(): void {
  say(`booted from ${bootMac}`)
  for (const address of addresses()) say(`address ${address}`)
  const mounts = readFileSync('/proc/mounts', 'utf8').trim().split('\n')
  say(`mounts ${mounts.map((line) => line.split(' ')[2]).join(' ')}`)
  const disks = readdirSync('/sys/block')
  say(`disks ${disks.filter((name) => /^(?:vd|sd|nvme|md|dm)/.test(name)).join(' ')}`)
  say('done')
}

if (existsSync(marker)) {
  const waiting = setInterval(() => {
    const hasDisk = existsSync('/sys/block/vda')
    if (addresses().length === 0 || !hasDisk) return
    clearInterval(waiting)
    report()
  }, 50)
} else {
  const [uptimeSeconds] = readFileSync('/proc/uptime', 'utf8').split(' ')
  say(`started ${uptimeSeconds} s after the kernel`)
  writeFileSync(marker, '')
  process.exitCode = 3
}
