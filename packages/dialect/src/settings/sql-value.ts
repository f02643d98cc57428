/** Runs a `select` with parameters. Undefined where SQLite does not accept it. */
export type Ask = (question: string, parameters: readonly unknown[]) => Promise<unknown[] | undefined>

/**
 * The value of an expression as text, by SQLite itself. `ATTACH` and `PRAGMA` take an identifier for a string, and so does
 * an alias, which gives the name of a column.
 */
export async function valueOf(
  expression: string,
  parameters: readonly unknown[],
  ask: Ask,
): Promise<string | undefined> {
  const named = await ask(`select null as ${expression}`, parameters)
  if (named !== undefined) return Object.keys(named[0] as object)[0]
  const values = await ask(`select cast((${expression}\n) as text) as value`, parameters)
  return values === undefined ? undefined : ((values[0] as { value: string | null }).value ?? '')
}
