import { connections } from './connections.ts'
import type { Plot } from './plot.ts'
import { tablesInSchema } from './tables-in-schema.ts'
import { threads } from './threads.ts'
import { waitingQueries } from './waiting-queries.ts'

export const plots: readonly Plot[] = [waitingQueries, tablesInSchema, connections, threads]
