import { copyFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

/** What is used here of the interface that TypeScript had before 7. */
interface TypeScript {
  createProgram(files: readonly string[], options: object): Program
  forEachChild(node: unknown, visit: (child: { readonly type?: unknown }) => void): void
  readonly ModuleKind: { readonly NodeNext: number }
}
interface Program {
  getTypeChecker(): Checker
  getSourceFile(path: string): unknown
}
interface Checker {
  getTypeFromTypeNode(node: unknown): unknown
  getPropertiesOfType(type: unknown): readonly Property[]
}
interface Property {
  readonly name: string
  getDocumentationComment(checker: Checker): readonly unknown[]
}

/** Names that TypeScript makes up, and a method that every object has. */
const UNNAMED = /^#|^__|^toString$/

/** Whether an editor has something to show for each option, method and field: the comments must be in the archive, at their types. */
export function checkDocComments(project: string, version: string): void {
  const path = join(project, 'documented.ts')
  copyFileSync(new URL('app/documented.ts', import.meta.url), path)
  const ts = createRequire(path)(`typescript-${version}`) as TypeScript
  const program = ts.createProgram([path], { module: ts.ModuleKind.NodeNext, strict: true })
  const checker = program.getTypeChecker()
  let count = 0
  ts.forEachChild(program.getSourceFile(path), ({ type }) => {
    if (type === undefined) return
    for (const property of checker.getPropertiesOfType(checker.getTypeFromTypeNode(type))) {
      if (UNNAMED.test(property.name)) continue
      count += 1
      if (property.getDocumentationComment(checker).length === 0)
        throw new Error(`${property.name} has no doc comment`)
    }
  })
  if (count < 100) throw new Error(`only ${count} options, methods and fields were found`)
  console.log(`doc comments: ${count} options, methods and fields have one`)
}
