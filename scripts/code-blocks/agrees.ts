/**
 * Whether a block has printed what its page claims. In the claim, `…` stands for anything, and a code in parentheses after an
 * error's name may be left out. Times, and numbers of processes, differ from run to run.
 */
export function agrees(printed: string, claimed: string): boolean {
  const pattern = steady(claimed)
    .split('…')
    .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`))
    .join('.*?')
  const whole = new RegExp(`^${pattern}$`, 's')
  return (
    whole.test(steady(printed)) || whole.test(steady(printed).replaceAll(/^(\w+) \([A-Z_0-9]+\):/gm, '$1:'))
  )
}

function steady(text: string): string {
  return text
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
    .trim()
    .replaceAll(/\b\d+(?:\.\d+)? ms\b/g, 'n ms')
    .replaceAll(/\(node:\d+\)/g, '(node:n)')
}
