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
    '# API', '', 'Made by `npm run api` out of the declarations that the package ships; not written by hand. What an entry passes on from another is listed there only.\nA type that is named and not listed is one of the library\'s own parts.', '',
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
      const component = target.valueDeclaration?.type && componentOf(target.valueDeclaration.type, checker)
      const words = docOf(target, checker) || (component ? wordsOf(component.props, checker) : '')
      if (words !== '') parts.push(words, '')
      // The bundler numbers those of one name.
      parts.push('```ts', signatureOf(target, checker, exported).replaceAll(/\b([A-Z][A-Za-z]*)_\d+\b/g, '$1'), '```', '')
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
 * One line for what has one; members, without private ones, for classes, interfaces, components and stores. What they are made of is named
 * where it is exported, and else its members stand among theirs.
 */
function signatureOf(symbol, checker, exported) {
  const [declaration] = symbol.declarations ?? []
  if (declaration === undefined) return symbol.name
  if (ts.isClassDeclaration(declaration) || ts.isInterfaceDeclaration(declaration)) {
    const bases = (declaration.heritageClauses ?? []).flatMap(({ types }) => [...types])
    const named = bases.filter((base) => !namesUnknown(base, checker, exported))
    const own = new Set(declaration.members.map((member) => member.name?.getText()))
    const theirs = bases.filter((base) => !named.includes(base)).flatMap((base) => checker.getTypeAtLocation(base).getProperties())
      .flatMap(({ declarations = [] }) => declarations.slice(0, 1)).filter((member) => !own.has(member.name?.getText()))
    const members = [...theirs, ...declaration.members].filter((member) => !(member.name && ts.isPrivateIdentifier(member.name)) && !isPrivate(member))
    const made = named.length === 0 ? '' : ` extends ${named.map((base) => base.getText()).join(', ')}`
    return block(`${ts.isClassDeclaration(declaration) ? 'class' : 'interface'} ${symbol.name}${made}`, members)
  }
  if (ts.isTypeAliasDeclaration(declaration) && namesUnknown(declaration.type, checker, exported)) {
    const type = checker.typeToString(checker.getDeclaredTypeOfSymbol(symbol), declaration, ts.TypeFormatFlags.NoTruncation | ts.TypeFormatFlags.InTypeAlias)
    return `type ${symbol.name} = ${cut(type, 500)}`
  }
  if (ts.isFunctionDeclaration(declaration) || ts.isTypeAliasDeclaration(declaration)) return cut(line(declaration), 500)
  const parts = declaration.type && componentOf(declaration.type, checker)
  if (parts) {
    const blocks = Object.entries(parts).map(([name, type]) => [name, membersOf(type, checker)]).filter(([, members]) => members.length > 0)
    return `component ${symbol.name} {\n${blocks.map(([name, members]) => `${block(name, members).replaceAll(/^/gm, '  ')}\n`).join('')}}`
  }
  const state = declaration.type && ts.isTypeReferenceNode(declaration.type) && declaration.type.typeName.getText() === 'SetupStoreDefinition' && declaration.type.typeArguments[1]
  if (state) return block(`store ${symbol.name}`, membersOf(state, checker))
  return `const ${symbol.name}: ${cut(checker.typeToString(checker.getTypeOfSymbolAtLocation(symbol, declaration), declaration, ts.TypeFormatFlags.None), 200)}`
}

function block(head, members) {
  return `${head} {${members.map((member) => `\n${memberDoc(member)}  ${cut(line(member), 300)}`).join('')}\n}`
}

const cut = (text, most) => (text.length > most ? `${text.slice(0, most)}…` : text)

const IMPORTABLE = [ts.isClassDeclaration, ts.isInterfaceDeclaration, ts.isTypeAliasDeclaration, ts.isVariableDeclaration, ts.isFunctionDeclaration]

/** Does it name something of this package that nobody can import? */
function namesUnknown(node, checker, exported) {
  if (ts.isIdentifier(node)) {
    const found = checker.getSymbolAtLocation(node)
    const place = found?.declarations?.[0]
    return place !== undefined && IMPORTABLE.some((is) => is(place)) && isOurs(place) && !exported.has(found.name)
  }
  return ts.forEachChild(node, (child) => namesUnknown(child, checker, exported) || undefined) === true
}

const isOurs = (node) => node.getSourceFile().fileName.startsWith(join(ROOT, 'dist'))

/** The props, emits, slots and what a component lets others call, as Vue's compiler declares them; null = it is none. */
function componentOf(type, checker) {
  if (ts.isTypeQueryNode(type)) {
    const made = checker.getSymbolAtLocation(type.exprName)?.declarations?.[0]
    return made?.type ? componentOf(made.type, checker) : null
  }
  const name = ts.isTypeReferenceNode(type) ? type.typeName.getText() : ''
  if (name === 'DefineComponent') {
    const [props, exposed, , , , , , emits] = type.typeArguments
    return { props, emits, exposed }
  }
  if (!name.startsWith('__VLS_WithSlots')) return null
  const [base, slots] = type.typeArguments
  const { exposed, ...rest } = componentOf(base, checker)
  return { ...rest, slots, exposed }
}

function membersOf(type, checker) {
  if (ts.isTypeLiteralNode(type)) return [...type.members]
  if (ts.isIntersectionTypeNode(type)) return type.types.flatMap((each) => membersOf(each, checker))
  const named = namedBy(type, checker)?.declarations?.[0]
  if (named === undefined) return []
  return ts.isInterfaceDeclaration(named) ? [...named.members] : membersOf(named.type, checker)
}

/** What was written above `defineProps`, which stands for the component. */
function wordsOf(type, checker) {
  if (ts.isIntersectionTypeNode(type)) return wordsOf(type.types[0], checker)
  const named = namedBy(type, checker)
  return named === undefined ? '' : docOf(named, checker) || wordsOf(named.declarations[0].type, checker)
}

const namedBy = (type, checker) => (ts.isTypeReferenceNode(type) ? checker.getSymbolAtLocation(type.typeName) : undefined)

function memberDoc(member) {
  const text = ts.getJSDocCommentsAndTags(member).map((doc) => doc.getText().replace(/\s*\n\s*(?:\*(?!\/) ?)?/g, ' ')).join(' ')
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
