import { inertText } from '../../base/ascii.ts'
import type { KernelFiles } from './kernel-files.ts'

/**
 * The slot that a disk sits in, as udev names it below `/dev/disk/by-path`: `pci-0000:00:1f.2-ata-1`.
 * Stays the same when the disk is replaced; undefined for a bus that is not known here.
 *
 * @param realPath of the disk's directory in /sys/devices
 */
export function physicalPathOf(
  files: KernelFiles,
  name: string,
  realPath: string,
): string | undefined {
  const devicePath = realPath.slice(realPath.indexOf('/sys/devices/'))
  const parts = devicePath.split('/')
  const bridge = parts.findLast((part) =>
    /^[0-9a-f]{4,}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/.test(part),
  )
  if (bridge === undefined) return undefined
  const place = placeBehindBridge(files, name, devicePath)
  return inertText(place === '' ? `pci-${bridge}` : `pci-${bridge}-${place}`, 256)
}

/** What follows the bridge: nothing where it is the disk itself, as with virtio. */
function placeBehindBridge(files: KernelFiles, name: string, devicePath: string): string {
  const namespace = /^nvme\d+n(\d+)$/.exec(name)?.[1]
  if (namespace !== undefined) {
    return `nvme-${files.optionalText(`/sys/block/${name}/nsid`) ?? namespace}`
  }
  const unit = /\/(\d+:\d+:\d+:\d+)\/block\//.exec(devicePath)?.[1]
  if (unit === undefined) return /\/(mmc\d+:[0-9a-f]+)\//.exec(devicePath)?.[1] ?? ''
  const [, channel = '0', target = '0', lun = '0'] = unit.split(':')
  const usb = /\/usb\d+\/(?:[^/]+\/)*\d+-([\d.]+):(\d+\.\d+)\//.exec(devicePath)
  if (usb !== null) return `usb-0:${usb[1]}:${usb[2]}-scsi-0:${channel}:${target}:${lun}`
  const port = /\/ata(\d+)\//.exec(devicePath)?.[1]
  if (port !== undefined) return `ata-${ataPort(files, port, devicePath)}`
  const sas = sasPlace(files, devicePath, lun)
  return sas ?? `scsi-0:${channel}:${target}:${lun}`
}

/** The kernel numbers ports over all controllers; the controller's own number outlives a new one beside it. */
function ataPort(files: KernelFiles, number: string, devicePath: string): string {
  const base = devicePath.slice(0, devicePath.indexOf(`/ata${number}/`))
  return files.optionalText(`${base}/ata${number}/ata_port/ata${number}/port_no`) ?? number
}

function sasPlace(files: KernelFiles, devicePath: string, lun: string): string | undefined {
  const device = /^(.*\/(end_device-[\d:]+))\//.exec(devicePath)
  if (device === null) return undefined
  const base = `${device[1]}/sas_device/${device[2]}`
  const address = files.optionalText(`${base}/sas_address`)
  return address === undefined ? undefined : `sas-${address}-lun-${lun}`
}
