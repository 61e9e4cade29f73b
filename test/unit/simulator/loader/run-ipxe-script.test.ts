import { describe, expect, it } from 'vitest'

import { NetworkBootError } from '../../../../src/simulator/errors.ts'
import {
  type LoaderWorld,
  runIpxeScript,
} from '../../../../src/simulator/loader/run-ipxe-script.ts'
import {
  holdScript,
  localDiskScript,
  sledgehammerScript,
  startScript,
} from '../../../../src/protocol/ipxe/boot-scripts.ts'

const reason = { machineName: 'node-1', because: 'a test' }
const sledgehammer = sledgehammerScript({
  ...reason,
  kernelUrl: 'http://d/vmlinuz',
  initramfsUrl: 'http://d/initramfs.zst',
  kernelArguments: ['repave.token=t'],
})

class Loader implements LoaderWorld {
  readonly firmware: 'bios' | 'uefi'
  readonly files = new Map<string, string>()
  readonly said: string[] = []
  sleptSeconds = 0
  isBootable = false
  onSleep: () => unknown = () => undefined

  constructor(script: string, firmware: 'bios' | 'uefi' = 'bios') {
    this.firmware = firmware
    this.files.set('http://d/script', script)
  }

  readonly fetch = (url: string) => {
    const text = this.files.get(url)
    if (text === undefined) return Promise.reject(new NetworkBootError(`${url} answered 404`))
    return Promise.resolve(Buffer.from(text))
  }
  readonly hasBootableDisk = () => this.isBootable
  readonly say = (line: string) => void this.said.push(line)
  readonly sleep = (seconds: number) => {
    this.sleptSeconds += seconds
    this.onSleep()
    return Promise.resolve()
  }

  run() {
    return runIpxeScript('http://d/script', this)
  }
}

describe(runIpxeScript, () => {
  it('refuses what is no script', async () => {
    await expect(new Loader('<html>').run()).rejects.toThrow(NetworkBootError)
  })

  it('ends with the firmware where a command fails that nothing catches', async () => {
    expect(await new Loader('#!ipxe\nchain http://d/none\nreboot\n').run()).toEqual({
      kind: 'exit',
    })
    expect(await new Loader('#!ipxe\nshell\nreboot\n').run()).toEqual({ kind: 'exit' })
  })

  it('reboots after ten seconds when sledgehammer cannot be loaded', async () => {
    const loader = new Loader(sledgehammer)
    expect(await loader.run()).toEqual({ kind: 'reboot' })
    expect(loader.sleptSeconds).toBe(10)
    expect(loader.said).toContain('http://d/vmlinuz answered 404')
  })

  it('boots sledgehammer with its arguments', async () => {
    const loader = new Loader(sledgehammer)
    loader.files.set('http://d/vmlinuz', 'kernel').set('http://d/initramfs.zst', 'initramfs')
    expect(await loader.run()).toEqual({
      kind: 'kernel',
      commandLine: 'initrd=initramfs.zst repave.token=t',
      initramfs: Buffer.from('initramfs'),
    })
  })

  it('boots the disk under BIOS, and hands over to the firmware under UEFI or without a disk', async () => {
    const script = localDiskScript(reason)
    const withDisk = new Loader(script)
    withDisk.isBootable = true
    expect(await withDisk.run()).toEqual({ kind: 'disk' })
    expect(await new Loader(script).run()).toEqual({ kind: 'exit' })
    const uefi = new Loader(script, 'uefi')
    uefi.isBootable = true
    expect(await uefi.run()).toEqual({ kind: 'exit' })
  })

  it('asks again for as long as it is held', async () => {
    const hold = { ...reason, retrySeconds: 60, scriptUrl: 'http://d/next' }
    const loader = new Loader(holdScript(hold))
    loader.files.set('http://d/next', localDiskScript(reason))
    loader.isBootable = true
    expect(await loader.run()).toEqual({ kind: 'disk' })
    expect(loader.sleptSeconds).toBe(60)
  })

  it('asks for its own script until it comes', async () => {
    const loader = new Loader(startScript('http://d/own'))
    loader.onSleep = () => loader.files.set('http://d/own', '#!ipxe\nexit 0\n')
    expect(await loader.run()).toEqual({ kind: 'exit' })
    expect(loader.sleptSeconds).toBe(10)
  })
})
