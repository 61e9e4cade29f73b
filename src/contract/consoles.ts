import { z } from 'zod'

import { macAddressSchema } from './values.ts'

/** Its name; it lies beside the daemon's socket. */
export const consolesFileName = 'consoles.json'

/** Who keeps the serial lines of machines on the daemon's host says where: the path of a log by MAC address. */
export const consolesSchema = z.object({
  consoles: z.array(z.object({ macAddress: macAddressSchema, logFile: z.string().min(1) })),
})
export type Consoles = z.infer<typeof consolesSchema>
