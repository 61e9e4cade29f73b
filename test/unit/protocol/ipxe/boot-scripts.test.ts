import { describe, expect, test } from 'vitest'

import {
  holdScript,
  localDiskScript,
  sledgehammerScript,
} from '../../../../src/protocol/ipxe/boot-scripts.ts'
import { IpxeUnsafeWordError } from '../../../../src/protocol/ipxe/ipxe-words.ts'

const reason = { machineName: 'node-2', because: 'a run waits for it' }
const sledgehammer = {
  ...reason,
  kernelUrl: 'http://10.77.0.1:8090/boot/sledgehammer/vmlinuz',
  initramfsUrl: 'http://10.77.0.1:8090/boot/sledgehammer/initramfs.zst',
  kernelArguments: ['repave.url=ws://10.77.0.1:8090/agent/v1/ws', 'console=ttyS0'],
}
const hold = {
  ...reason,
  retrySeconds: 30,
  scriptUrl: 'http://10.77.0.1:8090/boot/script.ipxe?mac=x',
}

describe(sledgehammerScript, () => {
  test.each(['a b', 'x\nreboot', '${password}', '||'])('refuses the argument %j', (argument) => {
    const boot = { ...sledgehammer, kernelArguments: [argument] }
    expect(() => sledgehammerScript(boot)).toThrow(IpxeUnsafeWordError)
  })

  test('loads kernel and initramfs, and starts them', () => {
    expect(sledgehammerScript(sledgehammer)).toBe(
      [
        '#!ipxe',
        'echo Repave: node-2 boots sledgehammer',
        'echo Reason: a run waits for it',
        'kernel --name vmlinuz http://10.77.0.1:8090/boot/sledgehammer/vmlinuz initrd=initramfs.zst' +
          ' repave.url=ws://10.77.0.1:8090/agent/v1/ws console=ttyS0 || goto failed',
        'initrd --name initramfs.zst http://10.77.0.1:8090/boot/sledgehammer/initramfs.zst || goto failed',
        'boot || goto failed',
        ':failed',
        'echo Repave: sledgehammer could not be loaded (see above), rebooting in 10 seconds',
        'sleep 10 ||',
        'reboot ||',
        'goto failed',
        '',
      ].join('\n'),
    )
  })
})

describe(localDiskScript, () => {
  test('ends with an error under UEFI, starts the first disk under BIOS', () => {
    expect(localDiskScript(reason).split('\n').slice(3)).toEqual([
      'iseq ${platform} efi && exit 1 ||',
      'sanboot --no-describe --drive 0x80 ||',
      'exit 0',
      '',
    ])
  })
})

describe(holdScript, () => {
  test('says why and asks again, also when the daemon does not answer', () => {
    expect(holdScript(hold).split('\n')).toEqual([
      '#!ipxe',
      ':page',
      'echo Repave: node-2 is held and boots nothing',
      'echo Reason: a run waits for it',
      'echo Repave: asking again in 30 seconds',
      'sleep 30 ||',
      'chain --replace http://10.77.0.1:8090/boot/script.ipxe?mac=x || goto page',
      '',
    ])
  })
})

describe('every script', () => {
  const hostile = { machineName: 'x\nshell', because: '${net0/mac} || shell ; shell && shell # \\' }

  test.each([
    ['sledgehammer', sledgehammerScript({ ...sledgehammer, ...hostile })],
    ['local disk', localDiskScript(hostile)],
    ['hold', holdScript({ ...hold, ...hostile })],
  ])('H17 %s never reaches a shell, whatever a machine is called', (_name, script) => {
    const commands = script.split('\n').flatMap((line) => line.split(/ (?:\|\||&&|;) /))
    expect(commands.filter((command) => /^\s*(?:shell|prompt|config)\b/.test(command))).toEqual([])
    expect(script.replaceAll('iseq ${platform} efi', '')).not.toContain('${')
  })

  test.each([
    ['sledgehammer', sledgehammerScript(sledgehammer)],
    ['hold', holdScript(hold)],
  ])('H17 in %s no failing command ends the script', (_name, script) => {
    const fallible = script
      .split('\n')
      .filter((line) => /^(?:kernel|initrd|boot|chain|sleep|reboot)/.test(line))
    expect(fallible.every((line) => line.includes(' ||'))).toBe(true)
  })
})
