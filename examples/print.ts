import Table from 'cli-table3'
import { styleText } from 'node:util'

const LINE_WIDTH = 78
const numbers = new Intl.NumberFormat('en', { maximumFractionDigits: 1 })

let steps = 0

/** A numbered heading, and what is about to be seen. */
export function printStep(title: string, explanation: string): void {
  steps += 1
  console.log(`\n${styleText(['bold', 'cyan'], `${steps}. ${title}`)}`)
  printText(explanation)
}

/** Paragraphs, wrapped at spaces. */
export function printText(text: string): void {
  console.log(wrap(text))
}

/** A table with numbers at the right, grouped by thousands. */
export function printTable(head: string[], rows: (string | number)[][]): void {
  const table = new Table({
    head: head.map((title) => styleText('bold', title)),
    colAligns: rows[0]?.map((cell) => (typeof cell === 'number' ? 'right' : 'left')) ?? [],
    style: { head: [], border: [], compact: true },
  })
  table.push(
    ...rows.map((row) => row.map((cell) => (typeof cell === 'number' ? numbers.format(cell) : cell))),
  )
  console.log(table.toString())
}

function wrap(text: string): string {
  return text.replace(new RegExp(`(.{1,${LINE_WIDTH}})(?: +|\\n|$)`, 'g'), '$1\n').trimEnd()
}
