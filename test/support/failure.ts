/** The error that a promise rejects with. */
export async function failureOf(promise: Promise<unknown>): Promise<Error & { readonly code?: string }> {
  try {
    await promise
  } catch (error) {
    if (error instanceof Error) return error
    throw new Error(`rejected with something that is no Error: ${String(error)}`, { cause: error })
  }
  throw new Error('it did not fail')
}
