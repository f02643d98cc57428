/** Leaves a GenericPool with idle connections and an evictor, and should end all the same. */
import { GenericPool } from '@poolclass/pools'

const pool = new GenericPool(() => ({ close() {} }), { min: 2, evictionRunIntervalMillis: 600_000 })
await (await pool.connect()).close()
console.log(JSON.stringify(pool.status()))
