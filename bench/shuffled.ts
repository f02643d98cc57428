/** In an order drawn anew for each call. */
export function shuffled<T>(items: readonly T[]): T[] {
  const order = [...items]
  for (let left = order.length; left > 1; left -= 1) {
    const pick = Math.floor(Math.random() * left)
    ;[order[left - 1], order[pick]] = [order[pick]!, order[left - 1]!]
  }
  return order
}
