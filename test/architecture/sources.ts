// The repository's own code as the architecture tests see it: which files there are, and what each imports.
// Parsed with the compiler, so that a word in a comment or a string is never taken for code.
import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join, posix, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

/** One import, export-from, `import()` or `import('…')` type of a file. */
export interface Import {
  /** As written: './codec.ts', 'zod', 'node:fs'. */
  readonly specifier: string
  /** For a relative import the file that it names, from the root: 'src/shared/codec.ts'. */
  readonly file: string | undefined
  /** Gone when types are stripped. */
  readonly typeOnly: boolean
  /** `export * from`: says nothing about what it exports. */
  readonly everything: boolean
  readonly line: number
}

export interface SourceFile {
  /** From the root, with slashes: 'src/engine/engine.ts'. */
  readonly path: string
  readonly text: string
}

/** The files below a folder that end in .ts or .mjs; an absent folder has none. */
export function filesBelow(folder: string): SourceFile[] {
  let entries
  try {
    entries = readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
  } catch {
    return []
  }
  return entries
    .filter((entry) => entry.isFile() && /\.(ts|mjs)$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((path) => !path.includes('/node_modules/') && !path.startsWith('bench/peers/'))
    .sort()
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))
}

export function isTest(path: string): boolean {
  return /\.test(-d)?\.ts$/.test(path)
}

export function parse({ path, text }: SourceFile): ts.SourceFile {
  return ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
}

export function importsOf(source: SourceFile): readonly Import[] {
  const known = readBefore.get(source)
  if (known !== undefined) return known
  const imports = readImports(source)
  readBefore.set(source, imports)
  return imports
}

const readBefore = new WeakMap<SourceFile, readonly Import[]>()

function readImports(source: SourceFile): Import[] {
  const file = parse(source)
  const found: Import[] = []
  const add = (at: ts.Expression | undefined, kind: { typeOnly: boolean; everything?: boolean }): void => {
    if (at === undefined || !ts.isStringLiteralLike(at)) return
    const relativeTo = at.text.startsWith('.') ? posix.join(posix.dirname(source.path), at.text) : undefined
    const line = file.getLineAndCharacterOfPosition(at.getStart(file)).line + 1
    found.push({ specifier: at.text, file: relativeTo, everything: false, line, ...kind })
  }
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, { typeOnly: isTypeOnly(node.importClause) })
    else if (ts.isExportDeclaration(node)) {
      const typeOnly = node.isTypeOnly || onlyTypes(node.exportClause)
      add(node.moduleSpecifier, { typeOnly, everything: node.exportClause === undefined })
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      add(node.argument.literal, { typeOnly: true })
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add(node.arguments[0], { typeOnly: false })
    }
    ts.forEachChild(node, visit)
  }
  visit(file)
  return found
}

function isTypeOnly(clause: ts.ImportClause | undefined): boolean {
  if (clause === undefined) return false // import './x.ts' runs it
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true
  return clause.name === undefined && onlyTypes(clause.namedBindings)
}

/** `{ type A, type B }` */
function onlyTypes(names: ts.NamedImportBindings | ts.NamedExportBindings | undefined): boolean {
  if (names === undefined || !(ts.isNamedImports(names) || ts.isNamedExports(names))) return false
  return names.elements.length > 0 && names.elements.every((element) => element.isTypeOnly)
}
