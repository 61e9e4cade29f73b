import type { BootImageFacts } from './read-boot-image.ts'

/**
 * The generations below which firmware that is kept up to date starts nothing any more: shim's
 * SbatLevel_Variable.txt, level 2024010900.
 */
const floor: Readonly<Record<string, number>> = {
  sbat: 1,
  shim: 4,
  grub: 3,
  'grub.debian': 4,
}

/** What of a signed boot program is revoked, `grub 2, at least 3 is needed`; undefined when nothing is. */
export function revokedGeneration({ sbat }: BootImageFacts): string | undefined {
  if (sbat === undefined) return 'no generations, which came before every floor'
  for (const [component, least] of Object.entries(floor)) {
    const generation = sbat.get(component)
    if (generation !== undefined && generation < least) {
      return `${component} ${generation}, at least ${least} is needed`
    }
  }
  return undefined
}
