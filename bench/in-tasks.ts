/** Runs `work` so many times, by tasks that run at once: each does it one time after the other. */
export async function inTasks(
  tasks: number,
  times: number,
  work: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0
  const task = async (): Promise<void> => {
    while (next < times) {
      const index = next
      next += 1
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await work(index)
    }
  }
  await Promise.all(Array.from({ length: tasks }, task))
}
