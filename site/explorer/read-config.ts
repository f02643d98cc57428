/**
 * What somebody has typed: a URL, or a config in the way of JavaScript. It is read as data and never run, because a link can bring it
 * along.
 *
 * @throws SyntaxError for an object that is none.
 */
export function readConfig(text: string): string | { url: string } {
  return text.trimStart().startsWith('{') ? (JSON.parse(asJson(text)) as { url: string }) : text
}

const TOKEN =
  /"(?:[^"\\]|\\.)*"|'((?:[^'\\]|\\.)*)'|([A-Za-z_$][\w$]*)(?=\s*:)|,(?=\s*[}\]])|(?<=\d)_(?=\d)|\/\/[^\n]*/g

/** Names get quotes, texts get double ones, and what JSON does not know goes: commas at an end, lines in numbers, comments. */
function asJson(text: string): string {
  return text.replace(TOKEN, (token, single: string | undefined, name: string | undefined) => {
    if (single !== undefined) return JSON.stringify(single.replaceAll("\\'", "'"))
    if (name !== undefined) return JSON.stringify(name)
    return token.startsWith('"') ? token : ''
  })
}
