/** npm run api: docs/api.md out of the built declarations, each export with its docstring. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { isMain } from './lib.mjs'

const ROOT = join(import.meta.dirname, '..')
const ENTRIES = { index: 'supermon-live', compat: 'supermon-live/compat', testing: 'supermon-live/testing', german: 'supermon-live/german', devtools: 'supermon-live/devtools', rollout: 'supermon-live/rollout', 'socket-only': 'supermon-live/socket-only' }

/** The text of docs/api.md. Needs dist/. */
export function renderApi() {
  const parts = [
    '# API', '', 'Made by `npm run api` out of the declarations that the package ships; not written by hand. What an entry passes on from another is listed there only.', '',
  ]
  const seen = new Set()
  const exported = new Set()
  const fileOf = (entry) => join(ROOT, 'dist', `${entry}.d.ts`)
  const options = { target: ts.ScriptTarget.ES2022, moduleResolution: ts.ModuleResolutionKind.Bundler, module: ts.ModuleKind.ESNext }
  const program = ts.createProgram(Object.keys(ENTRIES).map(fileOf), options)
  const checker = program.getTypeChecker()
  const exportsOf = (entry) => checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(fileOf(entry))))
  for (const entry of Object.keys(ENTRIES)) for (const { name } of exportsOf(entry)) exported.add(name)
  for (const [entry, name] of Object.entries(ENTRIES)) {
    const symbols = exportsOf(entry).toSorted((a, b) => (a.name < b.name ? -1 : 1))
    parts.push(`## \`${name}\``, '')
    for (const symbol of symbols) {
      if (seen.has(symbol.name)) continue
      seen.add(symbol.name)
      const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
      parts.push(`### ${symbol.name}`, '')
      const words = docOf(target, checker)
      if (words !== '') parts.push(words, '')
      parts.push('```ts', signatureOf(target, checker, exported), '```', '')
    }
  }
  return parts.join('\n')
}

function docOf(symbol, checker) {
  const text = ts.displayPartsToString(symbol.getDocumentationComment(checker)).replace(/\s*\n\s*/g, ' ').trim()
  const tags = symbol.getJsDocTags(checker).filter(({ name }) => name === 'throws' || name === 'param').map(({ name, text: parts }) => {
    const words = ts.displayPartsToString(parts).replace(/\s*\n\s*/g, ' ')
    return name === 'throws' ? `* throws ${words}` : `* ${words}`
  })
  return [text, tags.join('\n')].filter((part) => part !== '').join('\n\n')
}

/**
 * One line for what has one; members, without private ones, for classes and interfaces. What they are made of is named where it is
 * exported, and else its members stand among theirs.
 */
function signatureOf(symbol, checker, exported) {
  const [declaration] = symbol.declarations ?? []
  if (declaration === undefined) return symbol.name
  if (ts.isClassDeclaration(declaration) || ts.isInterfaceDeclaration(declaration)) {
    const bases = (declaration.heritageClauses ?? []).flatMap(({ types }) => [...types])
    const named = bases.filter(({ expression }) => exported.has(expression.getText()) || !declarationOf(expression, checker))
    const members = bases.filter((base) => !named.includes(base)).flatMap(({ expression }) => [...declarationOf(expression, checker).members]).concat([...declaration.members])
      .filter((member) => !(member.name && ts.isPrivateIdentifier(member.name)) && !isPrivate(member))
      .map((member) => `${memberDoc(member)}  ${line(member)}`)
    const made = named.length === 0 ? '' : ` extends ${named.map((base) => base.getText()).join(', ')}`
    return `${ts.isClassDeclaration(declaration) ? 'class' : 'interface'} ${symbol.name}${made} {\n${members.join('\n')}\n}`
  }
  if (ts.isFunctionDeclaration(declaration) || ts.isTypeAliasDeclaration(declaration)) return line(declaration)
  const type = checker.typeToString(checker.getTypeOfSymbolAtLocation(symbol, declaration), declaration, ts.TypeFormatFlags.None)
  return `const ${symbol.name}: ${type.length > 200 ? `${type.slice(0, 200)}…` : type}`
}

/** Of an interface of this package; undefined of anything else. */
function declarationOf(expression, checker) {
  return checker.getSymbolAtLocation(expression)?.declarations?.find((each) => ts.isInterfaceDeclaration(each) && each.getSourceFile().fileName.startsWith(join(ROOT, 'dist')))
}

function memberDoc(member) {
  const text = ts.getJSDocCommentsAndTags(member).map((doc) => doc.getText().replace(/\s*\n\s*\*? ?/g, ' ')).join(' ')
  return text === '' ? '' : `  ${text}\n`
}

function isPrivate(member) {
  return (ts.getCombinedModifierFlags(member) & ts.ModifierFlags.Private) !== 0
}

function line(node) {
  return node.getText().replace(/^export (?:declare )?|^declare /, '').replace(/\/\*\*.*?\*\//gs, '').replace(/\s*\n\s*/g, ' ').trim()
}

if (isMain(import.meta.url)) {
  writeFileSync(join(ROOT, 'docs/api.md'), renderApi())
}

export const readApi = () => readFileSync(join(ROOT, 'docs/api.md'), 'utf8')
