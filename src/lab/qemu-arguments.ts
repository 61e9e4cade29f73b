import { join } from 'node:path'

import type { LabMachine } from './lab-plan.ts'

/** How the guest's processor is made: the host's own (KVM), or QEMU's emulation (TCG). */
export type Accelerator = 'kvm' | 'tcg'

/** Debian's OVMF, and the factory state of its variables: with Microsoft's keys Secure Boot is on. */
export function ovmfFiles({ secureBoot }: LabMachine): { code: string; variables: string } {
  const directory = '/usr/share/OVMF'
  return secureBoot
    ? { code: `${directory}/OVMF_CODE_4M.ms.fd`, variables: `${directory}/OVMF_VARS_4M.ms.fd` }
    : { code: `${directory}/OVMF_CODE_4M.fd`, variables: `${directory}/OVMF_VARS_4M.fd` }
}

export const diskFile = (machine: LabMachine) => join(machine.directory, 'disk.raw')
export const dataDiskFile = (machine: LabMachine) => join(machine.directory, 'data.raw')
export const serialLog = (machine: LabMachine) => join(machine.directory, 'serial.log')
export const consoleSocket = (machine: LabMachine) => join(machine.directory, 'console.sock')
export const firmwareVariables = (machine: LabMachine) => join(machine.directory, 'efivars.fd')

/**
 * QEMU's command line for one machine: network first, disk second, the console on a socket and in a
 * log, no screen. `graphics=off` lets SeaBIOS and iPXE print on the serial line as well.
 */
export function qemuArguments(machine: LabMachine, accelerator: Accelerator): string[] {
  return [
    ...['-name', machine.name],
    // The firmware guards Secure Boot's variables in system management mode.
    ...['-machine', `q35,graphics=off,smm=${machine.secureBoot ? 'on' : 'off'}`],
    ...['-accel', accelerator === 'kvm' ? 'kvm' : 'tcg,thread=multi'],
    // Of the models that QEMU emulates, this one hashes and decodes fastest.
    ...['-cpu', accelerator === 'kvm' ? 'host' : 'EPYC'],
    ...['-smp', '1'],
    ...['-m', String(machine.memoryMegabytes)],
    ...['-nodefaults', '-display', 'none'],
    ...['-uuid', machine.uuid],
    ...[
      '-smbios',
      `type=1,manufacturer=Repave,product=Lab ${machine.firmware},serial=${machine.serialNumber},uuid=${machine.uuid}`,
    ],
    ...firmwareArguments(machine),
    ...['-netdev', `tap,id=net0,ifname=${machine.tap},script=no,downscript=no`],
    ...[
      '-device',
      `virtio-net-pci,netdev=net0,mac=${machine.macAddress},bootindex=1${machine.networkRom === 'firmware' ? ',romfile=' : ''}`,
    ],
    ...['-drive', `if=none,id=disk0,format=raw,cache=writeback,file=${diskFile(machine)}`],
    ...['-device', `virtio-blk-pci,drive=disk0,serial=${machine.diskSerial},bootindex=2`],
    ...dataDiskArguments(machine),
    ...['-device', 'virtio-rng-pci'],
    ...[
      '-chardev',
      `socket,id=serial0,server=on,wait=off,path=${consoleSocket(machine)},logfile=${serialLog(machine)},logappend=on`,
    ],
    ...['-serial', 'chardev:serial0'],
  ]
}

function dataDiskArguments(machine: LabMachine): string[] {
  if (machine.dataDiskBytes === undefined) return []
  return [
    ...['-drive', `if=none,id=data0,format=raw,cache=writeback,file=${dataDiskFile(machine)}`],
    ...['-device', `virtio-blk-pci,drive=data0,serial=DATA-${machine.name.toUpperCase()}`],
  ]
}

/**
 * EDK2 keeps its boot entries in a copy of its own. Its IPv6 PXE attempt is switched off: nothing
 * answers IPv6 in the lab, and each attempt would hold the boot up for more than a minute.
 */
function firmwareArguments(machine: LabMachine): string[] {
  if (machine.firmware === 'bios') return ['-boot', 'strict=on,reboot-timeout=5000']
  const setting = (name: string) => ['-fw_cfg', `name=opt/org.tianocore/${name},string=no`]
  return [
    ...['-drive', `if=pflash,format=raw,readonly=on,file=${ovmfFiles(machine).code}`],
    ...['-drive', `if=pflash,format=raw,file=${firmwareVariables(machine)}`],
    ...(machine.secureBoot ? ['-global', 'driver=cfi.pflash01,property=secure,value=on'] : []),
    ...setting('IPv6PXESupport'),
    ...(machine.networkBoot === 'http' ? setting('IPv4PXESupport') : []),
  ]
}
