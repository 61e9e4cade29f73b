import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import {
  holdScript,
  localDiskScript,
  loneScript,
  sledgehammerScript,
  startScript,
} from '../../../../src/protocol/grub/boot-scripts.ts'
import {
  GrubUnsafeWordError,
  grubText,
  grubWord,
} from '../../../../src/protocol/grub/grub-words.ts'

const reason = { machineName: 'node-2', because: "a run waits'; reboot; '" }
const boot = {
  ...reason,
  kernelFile: '(tftp,10.77.0.1)/boot/sledgehammer/vmlinuz',
  initramfsFile: '(tftp,10.77.0.1)/boot/sledgehammer/initramfs.zst',
  kernelArguments: ['repave.token=a$b', 'console=ttyS0,115200'],
}

describe(grubWord, () => {
  test.each(['', 'a b', "a'b", 'a"b', 'a\\b', 'a\nb', 'ä'])('refuses %j', (text) => {
    expect(() => grubWord(text)).toThrow(GrubUnsafeWordError)
  })
})

describe(grubText, () => {
  test('never lets anything out of its quotes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(grubText(text)).toMatch(/^'[\x20-\x26\x28-\x7e]*'$/)
      }),
    )
  })
})

describe(sledgehammerScript, () => {
  test('refuses an argument that GRUB would change', () => {
    const kernelArguments = ['a b']
    expect(() => sledgehammerScript({ ...boot, kernelArguments })).toThrow(GrubUnsafeWordError)
  })

  test('loads kernel and initramfs, and starts them only when both came', () => {
    expect(sledgehammerScript(boot).split('\n')).toEqual([
      "echo 'Repave: node-2 boots sledgehammer'",
      "echo 'Reason: a run waits?? reboot? ?'",
      "if linux '(tftp,10.77.0.1)/boot/sledgehammer/vmlinuz' 'repave.token=a$b' 'console=ttyS0,115200'; then",
      "if initrd '(tftp,10.77.0.1)/boot/sledgehammer/initramfs.zst'; then boot; fi",
      'fi',
      '',
    ])
  })
})

describe(startScript, () => {
  test('H17 asks for the script of this machine until it boots, and ends at no prompt', () => {
    const script = startScript('(tftp,10.77.0.1)/boot/script.grub')
    expect(script).toContain(`source '(tftp,10.77.0.1)/boot/script.grub'"?mac=\${net_default_mac}&`)
    expect(script).toMatch(/while true; do\n[^]*sleep 10\ndone\n$/)
  })
})

describe(loneScript, () => {
  test('H17 ends in a reboot whatever the script said', () => {
    expect(loneScript(holdScript({ ...reason, retrySeconds: 30 }))).toMatch(
      /sleep 30\necho '[^']*'\nsleep 10\nreboot\n$/,
    )
  })
})

describe(localDiskScript, () => {
  test('starts the loader of a GPT disk', () => {
    const script = localDiskScript(reason)
    expect(script).toContain('for loader in (*,gpt*)/EFI/BOOT/BOOTX64.EFI; do')
    // The loader is told that it came from the disk, not from the network.
    expect(script).toContain(`regexp --set=1:root '^.([^)]+)' "\${loader}"\nif chainloader /EFI/`)
  })
})
