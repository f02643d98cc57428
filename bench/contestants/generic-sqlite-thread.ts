import { createNodeOnMessageCallback } from 'kysely-generic-sqlite/worker-helper-node'
import type { Location } from './client.ts'
import { executor } from './generic-sqlite.ts'

createNodeOnMessageCallback<Location & Record<string, unknown>>((location) => executor(location))
