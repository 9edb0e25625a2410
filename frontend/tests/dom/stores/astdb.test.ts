/** The `astdb` store holds so many names: whose go, and that nobody misses one he asked for. */
import { createPinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createApp } from 'vue'
import { useAstDbStore } from '../../../src/stores/astdb.ts'
import { makeWorld } from './world.ts'
import type { World } from './world.ts'

const MOST = 2_000
const entry = (id: string) => ({ node_id: id, callsign: 'W1AW', description: '', location: '' })
const ids = (from: number, count = MOST) => Array.from({ length: count }, (_each, i) => String(from + i))

describe('a full store of names', () => {
  let world: World
  let astdb: ReturnType<typeof useAstDbStore>
  const has = (...nodes: string[]) => nodes.map((id) => Object.hasOwn(astdb.cache, id))

  beforeEach(() => {
    world = makeWorld()
    world.answers['astdb/nodes'] = (url) => Response.json({ success: true, data: Object.fromEntries((url.searchParams.get('nodes') ?? '').split(',').map((id) => [id, entry(id)])) })
    for (const id of ['1999', '90000']) world.answers[`astdb/node/${id}`] = () => Response.json({ success: true, data: entry(id) })
    astdb = useAstDbStore(world.pinia)
  })
  afterEach(() => { world.end() })

  it('lets go of the one asked for longest ago, whatever its number', async () => {
    await astdb.getMultipleNodesInfo(ids(40_000, 1))
    await astdb.getMultipleNodesInfo(ids(2_000, MOST - 1))
    await astdb.getNodeInfo('1999')
    expect([astdb.cacheSize, ...has('40000', '2000', '1999')]).toEqual([MOST, false, true, true])
    await astdb.getNodeInfo('90000')
    expect([astdb.cacheSize, ...has('1999', '90000')]).toEqual([MOST, true, true])
  })

  it('keeps one that is asked for again and again, though it was asked of the server once', async () => {
    await astdb.getMultipleNodesInfo(ids(2_000))
    // Supermon-NG's own lists hold numbers.
    await astdb.getNodeInfo(2000 as unknown as string)
    await astdb.getNodeInfo('90000')
    expect(has('2000', '2001', '90000')).toEqual([true, false, true])
    expect(world.asked('astdb/node/2000')).toEqual([])
  })

  it('gives all that were asked for at once, those that were held and those that are too many to be held', async () => {
    await astdb.getMultipleNodesInfo(ids(2_000))
    const asked = ['2000', ...ids(90_000, MOST + 1)]
    expect(await astdb.getMultipleNodesInfo(asked)).toEqual(Object.fromEntries(asked.map((id) => [id, entry(id)])))
    expect(astdb.cacheSize).toBe(MOST)
  })

  it('lets go of what its state was given first, as nobody asked for that, and of no more than it must', async () => {
    const pinia = createPinia()
    const cache = Object.fromEntries(ids(40_000).map((id) => [id, entry(id)]))
    pinia.state.value['astdb'] = { cache, fullAstdb: cache, stats: null, isLoading: false, error: null }
    createApp({}).use(world.plugin).use(pinia)
    astdb = useAstDbStore(pinia)
    await astdb.getNodeInfo('1999')
    await astdb.getNodeInfo('90000')
    expect([astdb.cacheSize, ...has('1999', '90000', '40001', '40002')]).toEqual([MOST, true, true, false, true])
  })
})
