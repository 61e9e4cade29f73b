import { describe, expect, it } from 'vitest'
import {
  filterModulesAlias,
  filterModulesDep,
  selectModulePaths,
} from '../../../src/sledgehammer/module-index.ts'

const modulesDep = `kernel/drivers/net/virtio_net.ko: kernel/drivers/net/net_failover.ko kernel/net/core/failover.ko
kernel/drivers/net/net_failover.ko: kernel/net/core/failover.ko
kernel/net/core/failover.ko:
kernel/drivers/net/wireless/wifi.ko: kernel/net/wireless/cfg80211.ko
kernel/drivers/scsi/sd_mod.ko: kernel/drivers/scsi/scsi_mod.ko
kernel/drivers/scsi/scsi_mod.ko:
kernel/drivers/scsi/fcoe/fcoe.ko: kernel/drivers/scsi/scsi_mod.ko
`

describe('selectModulePaths', () => {
  it('takes a whole folder, or one module, with all that they need', () => {
    expect(selectModulePaths(modulesDep, ['drivers/net/virtio_net.ko'], [])).toEqual([
      'kernel/drivers/net/net_failover.ko',
      'kernel/drivers/net/virtio_net.ko',
      'kernel/net/core/failover.ko',
    ])
  })

  it('leaves out what is omitted, unless something chosen needs it', () => {
    const omitted = ['drivers/scsi/fcoe/', 'drivers/scsi/scsi_mod.ko']
    expect(selectModulePaths(modulesDep, ['drivers/scsi/'], omitted)).toEqual([
      'kernel/drivers/scsi/scsi_mod.ko',
      'kernel/drivers/scsi/sd_mod.ko',
    ])
  })
})

describe('filterModulesDep', () => {
  it('keeps the lines of chosen modules', () => {
    expect(filterModulesDep(modulesDep, ['kernel/drivers/scsi/scsi_mod.ko'])).toBe(
      'kernel/drivers/scsi/scsi_mod.ko:\n',
    )
  })
})

describe('filterModulesAlias', () => {
  it('keeps aliases of chosen modules, whose dashes are underscores there', () => {
    const aliases = `# Aliases extracted from modules themselves.
alias pci:v00001AF4d*sv*sd*bc*sc*i* virtio_pci
alias usb:v0BDAp8153d*dc*dsc*dp*ic*isc*ip*in* r8152
`
    expect(filterModulesAlias(aliases, ['kernel/drivers/virtio/virtio-pci.ko'])).toBe(
      'alias pci:v00001AF4d*sv*sd*bc*sc*i* virtio_pci\n',
    )
  })
})
