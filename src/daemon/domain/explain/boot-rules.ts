import { endsWith, has, type Situation } from './situation.ts'
import type { StuckRule } from './stuck-rule.ts'

const fitsLast = (key: string) => (situation: Situation) => endsWith(situation, key)
/** What is to be tried, with the other server where one was heard. */
const withOtherServer =
  (hint: string) =>
  ({ otherServer }: Situation) =>
    otherServer === undefined
      ? hint
      : `another DHCP server answers at ${otherServer}; else: ${hint}`
const targetOf = ({ last }: Situation) => last?.target

/** How a boot can stop, by the last thing that was seen of it. The first rule that fits speaks. */
export const bootRules: readonly StuckRule[] = [
  {
    cause: 'pool-full',
    state: 'working',
    fits: ({ last }) => last?.kind === 'pool-full',
    lastGood: () => 'it asks for an address',
    expected: 'an address that is free',
    patienceSeconds: 10,
    hint: 'make the pool larger (--pool-first, --pool-last), shorten leases, or reserve an address for it',
  },
  {
    cause: 'address-declined',
    state: 'working',
    fits: ({ last }) => last?.kind === 'declined',
    expected: 'that it takes another address',
    patienceSeconds: 30,
    hint: 'a device with a fixed address sits inside the pool: take that address out of it',
  },
  {
    cause: 'lease-refused',
    state: 'working',
    fits: ({ last }) => last?.kind === 'refused',
    expected: 'that it begins anew with a DISCOVER',
    patienceSeconds: 30,
    hint: withOtherServer(
      'it insists on an address of another network or server: is there a second DHCP server, or was it moved?',
    ),
  },
  {
    cause: 'offer-ignored',
    state: 'working',
    fits: fitsLast('firmware offer'),
    expected: 'a REQUEST for what it was offered',
    step: 'firmware offer > firmware lease',
    patienceSeconds: 10,
    hint: withOtherServer(
      'its firmware does not hear the offer or takes another: is the switch port still learning (spanning tree without PortFast, LACP), is there a second DHCP server, does a relay lose replies?',
    ),
  },
  {
    cause: 'not-served',
    state: 'stuck',
    fits: ({ last }) => last?.kind === 'unserved',
    lastGood: () => 'its firmware asks',
    expected: 'an answer, which strangers do not get beside another DHCP server',
    hint: 'compare its MAC address with repave machine show, or make it known: repave machine add',
  },
  {
    cause: 'proxy-offer-ignored',
    state: 'working',
    fits: ({ last }) => last?.kind === 'proxy-offer',
    expected: 'a request for its boot file, to us',
    step: 'firmware proxy-offer > firmware proxy-lease',
    patienceSeconds: 20,
    hint: 'some firmware heeds only the server that lends the address (Dell T430 and T130 among them): have this daemon lend addresses, or name us there with options 66 and 67',
  },
  {
    cause: 'proxy-program-not-loaded',
    state: 'working',
    fits: ({ last }) => last?.kind === 'proxy-lease' && last.program === 'firmware',
    expected: 'its boot program, whole',
    patienceSeconds: 15,
    hint: 'UDP port 69 and the high ports behind it must be open both ways',
  },
  {
    cause: 'no-boot-file',
    state: 'stuck',
    fits: (situation) => endsWith(situation, 'firmware lease') && targetOf(situation) === undefined,
    expected: 'nothing: it was given no boot program',
    hint: ({ last }) =>
      `there is none for it (${last?.because ?? 'no reason'}); name one with repave machine add --boot-program`,
  },
  {
    cause: 'sent-to-its-disk',
    state: 'working',
    fits: (situation) =>
      endsWith(situation, 'firmware lease') && targetOf(situation) === 'local-disk.efi',
    expected: 'that its firmware goes on to its disk',
    patienceSeconds: 180,
    hint: 'put its disk behind the network card in its boot order',
  },
  {
    cause: 'program-not-loaded',
    state: 'working',
    fits: fitsLast('firmware lease'),
    expected: 'its boot program, whole',
    step: 'firmware lease > program',
    patienceSeconds: 15,
    hint: withOtherServer(
      'UDP port 69 and the high ports behind it must be open both ways; a proxyDHCP server may send it elsewhere',
    ),
  },
  {
    cause: 'first-block-unacknowledged',
    state: 'stuck',
    fits: ({ last }) => last?.kind === 'program-failed' && last.acknowledgedBytes === 0,
    lastGood: () => 'it asked for its boot program',
    expected: 'an acknowledgement of the first block',
    hint: 'what TFTP sends from a high UDP port does not reach it: a firewall, a NAT, or blocks too large for the path (MTU)',
  },
  {
    cause: 'program-broken-off',
    state: 'stuck',
    fits: ({ last }) => last?.kind === 'program-failed',
    lastGood: () => 'it loaded a part of its boot program',
    expected: 'the rest of it',
    hint: 'packets are lost on the way: look at the cable, the switch port and its duplex mode',
  },
  {
    cause: 'program-silent',
    state: 'working',
    fits: fitsLast('program'),
    expected: 'a DISCOVER from iPXE',
    step: 'program > ipxe offer',
    patienceSeconds: 30,
    hint: 'the program does not start: Secure Boot refuses what is not signed (it is offered shim and GRUB next time), or it has no driver for the card: try ipxe/ipxe.pxe or ipxe/ipxe.efi',
  },
  {
    cause: 'ipxe-offer-ignored',
    state: 'working',
    fits: fitsLast('ipxe offer'),
    expected: 'a REQUEST from iPXE',
    step: 'ipxe offer > ipxe lease',
    patienceSeconds: 20,
    hint: 'the link went down when iPXE took the card over: let the switch port forward at once (PortFast)',
  },
  {
    cause: 'script-not-fetched',
    state: 'working',
    fits: fitsLast('ipxe lease'),
    expected: 'a request for its boot script',
    step: 'ipxe lease > script',
    patienceSeconds: 20,
    hint: ({ last }) =>
      `the TCP port of ${last?.target?.split('/boot/')[0] ?? 'the provisioning address'} must be open for it`,
  },
  {
    cause: 'kernel-not-fetched',
    state: 'working',
    fits: (situation) => endsWith(situation, 'script') && targetOf(situation) === 'sledgehammer',
    expected: 'a request for the kernel of sledgehammer',
    step: 'script > kernel',
    patienceSeconds: 20,
    hint: 'its loader got the script and stopped: its console says why; iPXE without HTTP, or too little memory',
  },
  {
    cause: 'kernel-broken-off',
    state: 'stuck',
    fits: fitsLast('file-failed'),
    lastGood: () => 'its loader asked for kernel and initramfs',
    expected: 'both, whole',
    hint: ({ last }) =>
      `the transfer ended early (${last?.because ?? ''}): the machine was reset, or a proxy on the way cuts it`,
  },
  {
    cause: 'initramfs-not-fetched',
    state: 'working',
    fits: fitsLast('kernel'),
    expected: 'a request for the initramfs',
    step: 'kernel > initramfs',
    patienceSeconds: 20,
    hint: 'it needs 1 GiB of memory for kernel and initramfs; its console says what its loader thinks',
  },
  {
    cause: 'agent-missing',
    state: 'working',
    fits: fitsLast('initramfs'),
    expected: "sledgehammer's agent",
    step: 'initramfs > agent',
    patienceSeconds: 120,
    hint: 'the kernel runs and nobody calls: no driver for its network card in sledgehammer, no address on the second try, or a panic; look at its console',
  },
  {
    cause: 'agent-refused',
    state: 'stuck',
    fits: fitsLast('agent-refused'),
    lastGood: () => "sledgehammer's agent runs",
    expected: 'an agent with the token of this very boot',
    hint: ({ last }) => `${last?.because ?? ''}; switch it off and on again`,
  },
  {
    cause: 'agent-silent',
    state: 'stuck',
    fits: fitsLast('agent-lost'),
    lastGood: () => 'its agent had joined',
    expected: 'any sign of its agent',
    hint: 'it lost power or its network, or its kernel stopped; switched on again it goes on where it was',
  },
  {
    cause: 'disk-does-not-call',
    state: 'working',
    fits: (situation) =>
      situation.task?.task.action === 'await-phone-home' &&
      situation.last?.target === 'local-disk' &&
      endsWith(situation, 'script'),
    expected: 'a call home from the system on its disk',
    step: 'task await-phone-home',
    patienceSeconds: 300,
    hint: 'it was sent to its disk: does the image boot on this firmware, does it have a driver for the card, does cloud-init run in it?',
  },
  {
    cause: 'system-does-not-call',
    state: 'working',
    fits: (situation) =>
      situation.task?.task.action === 'await-phone-home' && has(situation, 'system lease'),
    expected: 'a call home from the system on its disk',
    step: 'task await-phone-home',
    patienceSeconds: 300,
    hint: 'the system has an address and does not call: cloud-init is missing or failed (cloud-init status --long), or a firewall keeps it from the provisioning address',
  },
]
