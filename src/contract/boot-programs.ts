import { z } from 'zod'

/**
 * A network boot program by the path under which TFTP and HTTP serve it. `grub/shimx64.efi` is shim and
 * GRUB as Debian signed them, which start with Secure Boot on and off; `programs/NAME` is a file that the
 * operator put into the data directory's `boot/programs`; `none` leaves the machine to its other devices.
 */
export const bootProgramSchema = z.union(
  [
    z.enum([
      'ipxe/undionly.kpxe',
      'ipxe/ipxe.pxe',
      'ipxe/snponly.efi',
      'ipxe/ipxe.efi',
      'grub/shimx64.efi',
      'none',
    ]),
    z.string().regex(/^programs\/[A-Za-z0-9_][A-Za-z0-9._-]{0,62}$/),
  ],
  'expected ipxe/undionly.kpxe, ipxe/ipxe.pxe, ipxe/snponly.efi, ipxe/ipxe.efi, grub/shimx64.efi, programs/NAME or none',
)
export type BootProgram = z.infer<typeof bootProgramSchema>

/** Another program than the usual one, by platform; what a subnet or a machine may carry as `bootPrograms`. */
export const bootProgramsSchema = z
  .strictObject({
    bios: bootProgramSchema,
    'uefi-x86_64': bootProgramSchema,
    'uefi-aarch64': bootProgramSchema,
  })
  .partial()
export type BootPrograms = z.infer<typeof bootProgramsSchema>
