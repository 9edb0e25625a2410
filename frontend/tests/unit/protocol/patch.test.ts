import * as fc from 'fast-check'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { EMPTY_LINK, EMPTY_NODE, nodePatchSchema } from '../../../../protocol/nodeState.ts'
import { applyPatch, diffNode, readState } from '../../../../protocol/patch.ts'
import { arbitraryLink, arbitraryNode } from '../support/arbitraryNode.ts'

/** RFC 7396 as any stock library does it. */
function mergePatch(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch
  const out: Record<string, unknown> =
    typeof target === 'object' && target !== null && !Array.isArray(target) ? { ...target } : {}
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) Reflect.deleteProperty(out, key)
    else out[key] = mergePatch(out[key], value)
  }
  return out
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, part]) => (part === null ? [] : [[key, withoutNulls(part)]])),
  )
}

const onTheWire = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

describe('node patches', () => {
  it('turn any state into any other, over the wire and through validation', () => {
    fc.assert(
      fc.property(arbitraryNode, arbitraryNode, (a, b) => {
        const patch = diffNode(a, b)
        if (patch === null) expect(a).toEqual(b)
        else expect(applyPatch(a, v.parse(nodePatchSchema, onTheWire(patch)))).toEqual(b)
      }),
      { numRuns: 500 },
    )
  })

  it('mean the same to a stock RFC 7396 implementation, where null and absent are one', () => {
    fc.assert(
      fc.property(arbitraryNode, arbitraryNode, (a, b) => {
        const patch = onTheWire(diffNode(a, b) ?? {})
        expect(withoutNulls(mergePatch(onTheWire(a), patch))).toEqual(withoutNulls(onTheWire(b)))
      }),
      { numRuns: 500 },
    )
  })

  it('are null when nothing changed, so that nothing is sent', () => {
    fc.assert(fc.property(arbitraryNode, (a) => diffNode(a, structuredClone(a)) === null))
  })

  it('hold only the field that changed when one link keys up', () => {
    const a = { ...EMPTY_NODE, links: { '48752': { ...EMPTY_LINK, keyed: false }, '2000': EMPTY_LINK } }
    const b = { ...a, links: { ...a.links, '48752': { ...EMPTY_LINK, keyed: true } } }
    expect(diffNode(a, b)).toEqual({ links: { '48752': { keyed: true } } })
  })

  it('leave the links they do not name untouched, the very same objects', () => {
    fc.assert(
      fc.property(arbitraryNode, arbitraryLink, (a, link) => {
        const b = applyPatch(a, { links: { '99999': link } })
        for (const [name, was] of Object.entries(a.links)) expect(b.links[name]).toBe(was)
        expect(b.telemetry).toBe(a.telemetry)
      }),
    )
  })

  it('keep what a snapshot merely repeats', () => {
    fc.assert(
      fc.property(arbitraryNode, (a) => {
        expect(readState(v.parse(nodePatchSchema, onTheWire(a)), a)).toBe(a)
      }),
    )
  })

  it('clear a field with null and remove a link with null', () => {
    const a = { ...EMPTY_NODE, rx: true, links: { '2000': EMPTY_LINK } }
    const b = applyPatch(a, { rx: null, links: { '2000': null } })
    expect(b.rx).toBeNull()
    expect(Object.keys(b.links)).toEqual([])
  })

  it('keep the sentence of a reason whose code is newer than the reader', () => {
    const patch = v.parse(nodePatchSchema, { reach: 'down', reachReason: { code: 'of-tomorrow', message: 'Asterisk is asleep.' } })
    expect(applyPatch(EMPTY_NODE, patch).reachReason).toEqual({ code: 'other', message: 'Asterisk is asleep.' })
  })

  it('cannot reach a prototype', () => {
    const evil: unknown = JSON.parse('{"links":{"__proto__":{"keyed":true}}}')
    const parsed = v.safeParse(nodePatchSchema, evil)
    const state = parsed.success ? applyPatch(EMPTY_NODE, parsed.output) : EMPTY_NODE
    expect(Object.keys(state.links)).toEqual([])
    expect(({} as { keyed?: unknown }).keyed).toBeUndefined()
  })
})
