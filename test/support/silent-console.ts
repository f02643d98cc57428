import { vi } from 'vitest'

/** For `beforeEach`: a test that prints an error to the console fails, such as what Kysely says of aborted queries. */
export function silentConsole(): () => void {
  const print = vi.spyOn(console, 'error').mockReturnValue()
  return () => {
    const printed = print.mock.calls.splice(0)
    if (printed.length > 0) throw new Error(`console.error was called: ${printed.map(String).join('\n')}`)
  }
}
