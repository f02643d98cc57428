/** A stream of a libSQL server as another process has it, which knows nothing of this dialect. */
export class RawStream {
  readonly #url: string
  #baton: string | null = null

  constructor(url: string) {
    this.#url = url
  }

  /** @throws with the text of the server's error */
  async run(sql: string): Promise<unknown[][]> {
    const { error, response } = await this.#send({ type: 'execute', stmt: { sql } })
    if (error !== undefined) throw new Error(error.message)
    return response.result.rows.map((row: { value: unknown }[]) => row.map(({ value }) => value))
  }

  async close(): Promise<void> {
    await this.#send({ type: 'close' })
  }

  async #send(request: object): Promise<any> {
    const response = await fetch(`${this.#url}/v3/pipeline`, {
      method: 'POST',
      body: JSON.stringify({ baton: this.#baton, requests: [request] }),
    })
    if (!response.ok) throw new Error(await response.text())
    const { baton, results } = (await response.json()) as any
    this.#baton = baton
    return results[0]
  }
}
