const WIDTH = 17

/** A line or several behind each label. What is undefined is left out. */
export function labelled(
  entries: readonly (readonly [label: string, text: string | readonly string[] | undefined])[],
): string {
  return entries
    .flatMap(([label, text]) =>
      text === undefined ? [] : [{ label, lines: [text].flat().flatMap((line) => line.split('\n')) }],
    )
    .flatMap(({ label, lines }) => lines.map((line, n) => (n === 0 ? label : '').padEnd(WIDTH) + line))
    .join('\n')
}
