/** Fails where a file outside of a driver's folder imports the driver's package. */
import { resolve } from 'node:path'
import { strayDriverImports } from './driver-imports.ts'

const strays = strayDriverImports(resolve(import.meta.dirname, '..'))
for (const stray of strays) console.error(stray)
process.exitCode = strays.length === 0 ? 0 : 1
