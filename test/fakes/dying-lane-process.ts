// Stands for a writer's thread that dies: it leaves as soon as it is given work, and says nothing.
import { parentPort } from 'node:worker_threads'

parentPort?.on('message', () => process.exit(0))
