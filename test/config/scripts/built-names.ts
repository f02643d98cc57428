/** Prints the names of what the built package exports, and of the classes that tools know by their names. */
import * as built from '@poolclass/dialect'

const named = Object.entries(built).map(([key, value]) => [key, (value as { name?: string }).name])
const dialect = new built.PooledSqliteDialect(':memory:')
console.log(
  JSON.stringify({
    exported: Object.fromEntries(named),
    adapter: dialect.createAdapter().constructor.name,
    compiler: dialect.createQueryCompiler().constructor.name,
  }),
)
