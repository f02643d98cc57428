/** A stream of a libSQL server as another process has it, which knows nothing of this dialect. */
export class RawStream {
  readonly #url: string
  #baton: string | null = null

  constructor(url: string) {
    this.#url = url
  }

  /** @throws with the text of the server's error */
  async run(sql: string): Promise<unknown[][]> {
    const response = await fetch(`${this.#url}/v3/pipeline`, {
      method: 'POST',
      body: JSON.stringify({ baton: this.#baton, requests: [{ type: 'execute', stmt: { sql } }] }),
    })
    const { baton, results } = (await response.json()) as any
    this.#baton = baton
    const [{ error, response: answer }] = results
    if (error !== undefined) throw new Error(error.message)
    return answer.result.rows.map((row: { value: unknown }[]) => row.map(({ value }) => value))
  }
}
