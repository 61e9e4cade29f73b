import { readFileSync } from 'node:fs'

import { runWriteImage } from '../../src/agent/tasks/write-image.ts'
import { createAgentWorld, createTaskContext } from './agent-world.ts'

/** Runs one write-image task as a process of its own, so that a test can kill it. */
const settings = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'))
using world = createAgentWorld(settings.url, [], { trustedKeysPath: settings.trustedKeysPath })
await runWriteImage(world, settings.order, createTaskContext())
