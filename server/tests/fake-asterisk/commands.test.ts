/** `rpt cmd … ilink`: what a command does to links, and when who hears of it. */
import { afterEach, describe, expect, test } from 'vitest'
import { CommandBench } from './commandBench.ts'

let bench: CommandBench
afterEach(() => bench.close())

describe('rpt cmd … ilink', () => {
  test('3 rings first: CONNECTING shows in XStat and no event tells', async () => {
    bench = await CommandBench.start()
    await bench.command('rpt cmd 1999 ilink 3 2001')
    const ringing = await bench.xstat()
    expect(ringing).toContain('0           OUT        00:00:00            CONNECTING          \r\n')
    expect(ringing).toContain('LinkedNodes: C2001\r\n')
    expect(ringing).toContain('Var: RPT_ALINKS=0\r\n')
    expect(await bench.values('RPT_ALINKS')).toEqual([])
    bench.clock.advance(250)
    expect(await bench.values('RPT_ALINKS')).toEqual(['1,2001TU'])
    expect(bench.link('2001')).toMatchObject({ state: 'ESTABLISHED', mode: 'transceive', direction: 'OUT', permanent: false })
  })

  test('2 monitors, 8 monitors locally and is in no list but Conn and SawStat', async () => {
    bench = await CommandBench.start()
    await bench.command('rpt cmd 1999 ilink 2 2001')
    await bench.command('rpt cmd 1999 ilink 8 2002')
    bench.clock.advance(5_000)
    const text = await bench.xstat()
    expect(text).toMatch(/^Conn: 2002 .* ESTABLISHED {9}\r$/m)
    expect(text).toContain('LinkedNodes: R2001\r\n')
    expect(text).toContain('Var: RPT_ALINKS=1,2001RU\r\n')
    const saw = await bench.client.ask({ Action: 'RptStatus', COMMAND: 'SawStat', NODE: '1999' })
    expect(saw).toContain('Conn: 2002 0 -1 -1\r\nConn: 2001 0 -1 -1\r\n')
  })

  test('1 leaves a permanent link alone, 11 drops it', async () => {
    bench = await CommandBench.start()
    await bench.command('rpt cmd 1999 ilink 13 2001')
    bench.clock.advance(1_000)
    expect(bench.link('2001')).toMatchObject({ permanent: true })
    await bench.command('rpt cmd 1999 ilink 1 2001')
    expect(bench.link('2001')).toBeDefined()
    await bench.command('rpt cmd 1999 ilink 11 2001')
    expect(bench.link('2001')).toBeUndefined()
  })

  test('6 drops all links but clients, and 16 brings them back as they were', async () => {
    bench = await CommandBench.start()
    await bench.fake.connect({ node: '1999', link: '2001', mode: 'monitor' })
    await bench.fake.connect({ node: '1999', link: '2002', permanent: true })
    await bench.fake.connect({ node: '1999', link: 'W1AW' })
    await bench.command('rpt cmd 1999 ilink 6')
    expect(Object.keys(bench.fake.state().nodes['1999']?.links ?? {})).toEqual(['W1AW'])
    await bench.command('rpt cmd 1999 ilink 16')
    bench.clock.advance(1_000)
    expect(bench.link('2001')).toMatchObject({ mode: 'monitor', permanent: false })
    expect(bench.link('2002')).toMatchObject({ mode: 'transceive', permanent: true })
  })

  test('target 0 is the last node used', async () => {
    bench = await CommandBench.start()
    await bench.command('rpt cmd 1999 ilink 3 2001')
    bench.clock.advance(1_000)
    await bench.command('rpt cmd 1999 ilink 1 0')
    expect(bench.link('2001')).toBeUndefined()
  })

  test('of two commands within one frame the second is lost, and both are a Success', async () => {
    bench = await CommandBench.start()
    bench.client.action({ Action: 'Command', Command: 'rpt cmd 1999 ilink 3 2001' })
    bench.client.action({ Action: 'Command', Command: 'rpt cmd 1999 ilink 3 2002' })
    bench.client.action({ Action: 'Command', Command: 'rpt cmd 1998 ilink 3 2003' })
    for (let i = 0; i < 3; i += 1) {
      expect(await bench.client.block()).toBe('Response: Success\r\nMessage: Command output follows\r\nOutput: \r\n\r\n')
    }
    bench.clock.advance(20)
    await bench.command('rpt cmd 1999 ilink 3 2004')
    bench.clock.advance(1_000)
    expect(Object.keys(bench.fake.state().nodes['1999']?.links ?? {})).toEqual(['2001', '2004'])
    expect(Object.keys(bench.fake.state().nodes['1998']?.links ?? {})).toEqual(['2003'])
  })

  test('the same mode again changes nothing, another one dials anew', async () => {
    bench = await CommandBench.start()
    await bench.command('rpt cmd 1999 ilink 3 2001')
    bench.clock.advance(60_000)
    const since = bench.link('2001')?.connectedAt
    await bench.command('rpt cmd 1999 ilink 3 2001')
    expect(bench.link('2001')?.connectedAt).toBe(since)
    await bench.command('rpt cmd 1999 ilink 2 2001')
    expect(bench.link('2001')).toMatchObject({ mode: 'monitor', state: 'CONNECTING' })
  })

  test('of another mode events tell the end of the link, and not the answer, which counts as a reconnect', async () => {
    bench = await CommandBench.start()
    await bench.command('rpt cmd 1999 ilink 13 2001')
    bench.clock.advance(5_000)
    await bench.values('RPT_ALINKS')
    await bench.command('rpt cmd 1999 ilink 2 2001')
    expect(bench.link('2001')).toMatchObject({ state: 'CONNECTING', permanent: false, reconnects: 0, connectedAt: bench.clock.now() })
    expect(await bench.values('RPT_ALINKS')).toEqual([''])
    bench.clock.advance(5_000)
    expect(bench.link('2001')).toMatchObject({ state: 'ESTABLISHED', mode: 'monitor', reconnects: 1 })
    expect(await bench.values('RPT_ALINKS')).toEqual([])
    const text = await bench.xstat()
    expect(text).toContain('LinkedNodes: R2001\r\n')
    expect(text).toContain('Var: RPT_ALINKS=\r\n')
    await bench.command('rpt cmd 1999 ilink 13 2001')
    bench.clock.advance(5_000)
    expect(bench.link('2001')).toMatchObject({ permanent: true, reconnects: 2 })
    // The next key-up of any link tells of it.
    await bench.fake.linkKey({ node: '1999', link: '2001', on: true })
    expect((await bench.values('RPT_ALINKS')).at(-1)).toBe('1,2001TK')
  })

  test('events tell nothing more of a call in another mode that is not answered, nor of one that rings and is called in another mode', async () => {
    bench = await CommandBench.start({ unreachableTargets: ['2001'], links: { '1999': [{ name: '2001' }] } })
    await bench.command('rpt cmd 1999 ilink 2 2001')
    await bench.command('rpt cmd 1999 ilink 3 2001')
    expect(bench.link('2001')).toMatchObject({ mode: 'transceive', state: 'CONNECTING' })
    bench.clock.advance(60_000)
    expect(bench.link('2001')).toBeUndefined()
    expect(await bench.values('RPT_ALINKS')).toEqual([''])
  })

  test('events tell that a call was ordered to end, though it was never answered', async () => {
    bench = await CommandBench.start({ unreachableTargets: ['2001'] })
    await bench.command('rpt cmd 1999 ilink 3 2001')
    await bench.command('rpt cmd 1999 ilink 1 2001')
    expect(await bench.values('RPT_ALINKS')).toEqual([''])
  })

  test('two nodes that call each other at once have one link, and each of them one end of it', async () => {
    bench = await CommandBench.start()
    await bench.cli('rpt cmd 1999 ilink 3 1998')
    await bench.cli('rpt cmd 1998 ilink 3 1999')
    bench.clock.advance(60_000)
    const { nodes } = bench.fake.state()
    expect([nodes['1999']?.links['1998'], nodes['1998']?.links['1999']]).toEqual([
      expect.objectContaining({ direction: 'OUT', state: 'ESTABLISHED', reconnects: 0 }), expect.objectContaining({ direction: 'IN', state: 'ESTABLISHED', reconnects: 1 }),
    ])
    await bench.command('rpt cmd 1999 ilink 1 1998')
    bench.clock.advance(60_000)
    expect(bench.fake.state().nodes['1998']?.links).toEqual({})
  })

  test('an EchoLink link only switches its mode, and no event tells', async () => {
    bench = await CommandBench.start()
    await bench.fake.connect({ node: '1999', link: '3101425' })
    bench.clock.advance(5_000)
    expect(await bench.values('RPT_ALINKS')).toEqual(['1,3101425TU'])
    await bench.command('rpt cmd 1999 ilink 2 3101425')
    bench.clock.advance(5_000)
    expect(bench.link('3101425')).toMatchObject({ mode: 'monitor', state: 'ESTABLISHED' })
    expect(await bench.xstat()).toContain('LinkedNodes: R3101425\r\n')
    expect(await bench.values('RPT_ALINKS')).toEqual([])
  })

  test('so does one of TheLinkBox, whose name is like a node\'s and which has no peer', async () => {
    bench = await CommandBench.start({ tlb: ['2202'] })
    await bench.command('rpt cmd 1999 ilink 3 2202')
    bench.clock.advance(5_000)
    expect(await bench.values('RPT_ALINKS')).toEqual(['1,2202TU'])
    await bench.command('rpt cmd 1999 ilink 12 2202')
    expect(bench.link('2202')).toMatchObject({ kind: 'tlb', mode: 'monitor', state: 'ESTABLISHED', peer: '', permanent: false })
    expect(await bench.xstat()).toMatch(/^Conn: 2202 {26}0 {11}OUT /m)
    expect(await bench.values('RPT_ALINKS')).toEqual([])
  })

  test('a node that is behind another link is refused, on air only', async () => {
    bench = await CommandBench.start({ links: { '1999': [{ name: '2001', behind: ['T2002'] }] } })
    await bench.command('rpt cmd 1999 ilink 3 2002')
    bench.clock.advance(1_000)
    expect(bench.link('2002')).toBeUndefined()
    expect(bench.fake.state().nodes['1999']?.tx).toBe(true)
  })

  test('one that never answers disappears again; a permanent one is tried for ever, with no peer between', async () => {
    bench = await CommandBench.start({ unreachableTargets: ['2001', '2002'] })
    await bench.command('rpt cmd 1999 ilink 3 2001')
    await bench.command('rpt cmd 1999 ilink 13 2002')
    bench.clock.advance(31_000)
    expect(bench.link('2001')).toMatchObject({ state: 'CONNECTING', peer: '198.51.100.34' })
    bench.clock.advance(1_000)
    expect(bench.link('2001')?.peer).toBe('(none)')
    expect(bench.link('2002')).toMatchObject({ state: 'CONNECTING', peer: '(none)', reconnects: 0 })
    expect(await bench.xstat()).toMatch(/^Conn: 2002 {6}\(none\) {14}0 /m)
    // Between two tries not even another mode is taken.
    await bench.command('rpt cmd 1999 ilink 2 2002')
    expect(bench.link('2002')).toMatchObject({ mode: 'transceive', permanent: true, peer: '(none)' })
    bench.clock.advance(3_000)
    expect(bench.link('2001')).toBeUndefined()
    // Only an answer counts as a reconnect.
    expect(bench.link('2002')).toMatchObject({ state: 'CONNECTING', reconnects: 0 })
    expect(bench.link('2002')?.peer).not.toBe('(none)')
  })

  test.each(['3101425', '2202'])('a permanent one of EchoLink or TheLinkBox is not: %s', async (name) => {
    bench = await CommandBench.start({ unreachableTargets: [name], tlb: ['2202'] })
    await bench.command(`rpt cmd 1999 ilink 13 ${name}`)
    expect(bench.link(name)).toMatchObject({ state: 'CONNECTING', permanent: true, peer: '' })
    bench.clock.advance(60_000)
    expect(bench.link(name)).toBeUndefined()
    // Of a permanent one events tell the end, whether it was answered or not.
    expect(await bench.values('RPT_ALINKS')).toContain('')
  })

  test.each([[34, '0', []], [33, '1', ['1', '1']], [35, '2', ['1', '1']]])('telemetry is off or on, which XStat tells: cop %i', async (n, mode, spoken) => {
    bench = await CommandBench.start()
    await bench.command(`rpt cmd 1999 cop ${n}`)
    expect(await bench.xstat()).toContain(`tel_mode: ${mode}\r\n`)
    await bench.command('rpt cmd 1999 ilink 3 2001')
    bench.clock.advance(500)
    expect(await bench.values('RPT_E?TXKEYED')).toEqual(spoken)
  })

  test('a permanent one that is lost is called again, and no event tells of either', async () => {
    bench = await CommandBench.start({ links: { '1999': [{ name: '2001', permanent: true, ageMs: 60_000, peer: '192.0.2.1' }] } })
    await bench.fake.lose({ node: '1999', link: '2001', ms: 5_000 })
    expect(bench.link('2001')).toMatchObject({ state: 'CONNECTING', peer: '(none)', reconnects: 0, connectedAt: bench.clock.now() })
    expect(await bench.xstat()).toContain('LinkedNodes: C2001\r\n')
    bench.clock.advance(5_000)
    expect(bench.link('2001')).toMatchObject({ state: 'CONNECTING', peer: '192.0.2.1', reconnects: 0, connectedAt: bench.clock.now() })
    bench.clock.advance(250)
    expect(bench.link('2001')).toMatchObject({ state: 'ESTABLISHED', reconnects: 1, connectedAt: bench.clock.now() - 250 })
    expect(await bench.xstat()).toContain('Var: RPT_ALINKS=1,2001TU\r\n')
    expect(await bench.values('RPT_\\w+')).toEqual([])
  })

  test('but that nothing is behind it any more events tell before, and that it talks no more after it', async () => {
    bench = await CommandBench.start({ links: { '1999': [{ name: '2001', permanent: true, behind: ['T2002'] }] } })
    await bench.fake.linkKey({ node: '1999', link: '2001', on: true })
    await bench.values('RPT_ALINKS')
    await bench.fake.lose({ node: '1999', link: '2001', ms: 5_000 })
    expect(await bench.values('RPT_A?LINKS')).toEqual(['1,2001TK', '1,T2001', '1,2001CU', '1,C2001'])
    bench.clock.advance(5_250)
    expect(await bench.xstat()).toContain('LinkedNodes: T2001, T2002\r\n')
    expect(await bench.values('RPT_A?LINKS')).toEqual([])
  })

  test.each([['linking', 'link_ena', 12, 11], ['the system', 'sys_ena', 3, 2]])('with %s disabled nothing is dialled and nothing dropped', async (_what, shown, off, on) => {
    bench = await CommandBench.start()
    await bench.fake.connect({ node: '1999', link: '2001' })
    await bench.command('rpt cmd 1999 ilink 6')
    await bench.fake.connect({ node: '1999', link: '2002' })
    await bench.command(`rpt cmd 1999 cop ${off}`)
    expect(await bench.xstat()).toContain(`${shown}: 1\r\n`)
    for (const rest of ['3 2003', '1 2002', '11 2002', '6', '16']) await bench.command(`rpt cmd 1999 ilink ${rest}`)
    bench.clock.advance(1_000)
    expect(Object.keys(bench.fake.state().nodes['1999']?.links ?? {})).toEqual(['2002'])
    await bench.command(`rpt cmd 1999 cop ${on}`)
    await bench.command('rpt cmd 1999 ilink 6')
    expect(bench.link('2002')).toBeUndefined()
  })
})

test('a node that is starting takes no commands, and tells how it is', async () => {
  bench = await CommandBench.start({ knobs: { notReady: ['1999'] } })
  expect(await bench.cli('rpt cmd 1999 ilink 3 2001')).toMatch(/^Response: Success\r\n.*\r\nOutput: Node 1999 is not ready\.\r\n/)
  bench.clock.advance(1_000)
  expect(bench.link('2001')).toBeUndefined()
  expect(await bench.xstat()).toContain('LinkedNodes: <NONE>\r\n')
})
