/**
 * On a page that a browser translates: it puts elements in the place of text nodes, and Vue goes on writing to a node that was taken out.
 * The text of a whole element it writes anew.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'vue/compiler-sfc'

const ROOT = join(import.meta.dirname, '../../src')
/** As in Vue's compiler. */
const [ELEMENT, TEXT, COMMENT, INTERPOLATION] = [1, 2, 3, 5]
/** Stays as it is while its element is there: a word that is chosen by what the element is made for. One of `words` goes with the language. */
const STAYS = /^(' '|PART\[\w+\])$/

interface Node {
  readonly type: number
  readonly tag?: string
  readonly children?: readonly Node[]
  readonly content?: { readonly content: string }
  readonly loc: { readonly source: string }
}

/** Changing texts of a template that stand beside something else, or in what Vue makes no element of by itself. */
function exposed({ type, tag = 'template', children = [] }: Node): string[] {
  if (type !== ELEMENT && type !== 0) return []
  const holds = children.filter((child) => child.type !== COMMENT)
  const isElement = /^[a-z][a-z0-9]*$/.test(tag) && !['template', 'slot', 'component'].includes(tag)
  const isAlone = isElement && holds.every((child) => child.type === TEXT || child.type === INTERPOLATION)
  const own = isAlone ? [] : holds.filter((child) => child.type === INTERPOLATION && !STAYS.test(child.content?.content ?? '')).map((child) => child.loc.source)
  return [...own, ...holds.flatMap(exposed)]
}

describe('a text that changes', () => {
  it('has an element of its own, in every template', () => {
    const found = readdirSync(ROOT, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.vue')).flatMap((file) => {
      const ast = parse(readFileSync(join(ROOT, file), 'utf8')).descriptor.template?.ast as Node | undefined
      return ast === undefined ? [] : exposed(ast).map((text) => `${file}: ${text}`)
    })
    expect(found).toEqual([])
  })
})
