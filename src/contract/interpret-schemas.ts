import { z } from 'zod'

// Imported first by programs that read one answer and end: to compile a schema takes longer than to
// interpret it a few hundred times.
z.config({ jitless: true })
