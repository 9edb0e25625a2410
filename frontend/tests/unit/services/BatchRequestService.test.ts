import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { BatchRequestService } from '../../../src/services/BatchRequestService.ts'
import type { BatchRequest } from '../../../src/services/BatchRequestService.ts'
import { holdTime, pass, scriptedEnv } from '../support/scriptedEnv.ts'

describe('BatchRequestService', () => {
  let sent: BatchRequest[]
  let answer: (request: BatchRequest) => Promise<unknown>
  let service: BatchRequestService

  beforeEach(() => {
    holdTime()
    sent = []
    answer = (request) => Promise.resolve(request.endpoint)
    service = new BatchRequestService({
      env: scriptedEnv(),
      send: (request) => {
        sent.push(request)
        return answer(request)
      },
    })
  })
  afterEach(() => vi.useRealTimers())

  it('shares one request among equal ones in flight, and every caller gets its answer', async () => {
    let finish: (value: unknown) => void = () => undefined
    answer = () => new Promise((resolve) => { finish = resolve })
    const calls = [1, 2, 3].map(() => service.addRequest({ endpoint: 'nodes' }))
    finish('answer')
    expect(await Promise.all(calls)).toEqual(['answer', 'answer', 'answer'])
    expect(sent).toHaveLength(1)
  })

  it('never confuses two requests', async () => {
    const pairs: BatchRequest[] = [
      { endpoint: 'a/b' }, { endpoint: 'a_b' }, { endpoint: 'a', params: { b: '1,c=2' } }, { endpoint: 'a', params: { b: 1, c: 2 } },
    ]
    await Promise.all(pairs.map((request) => service.addRequest(request)))
    expect(sent).toHaveLength(pairs.length)
  })

  it('gives an answer again within its time, and 0 means never', async () => {
    await service.addRequest({ endpoint: 'nodes', ttl: 1_000 })
    await service.addRequest({ endpoint: 'nodes', ttl: 1_000 })
    expect(sent).toHaveLength(1)
    await pass(1_001)
    await service.addRequest({ endpoint: 'nodes', ttl: 0 })
    await service.addRequest({ endpoint: 'nodes', ttl: 0 })
    expect(sent).toHaveLength(3)
  })

  it('keeps no failure, and gives it to all who waited', async () => {
    answer = () => Promise.reject(new Error('down'))
    const calls = await Promise.allSettled([service.addRequest({ endpoint: 'x' }), service.addRequest({ endpoint: 'x' })])
    expect(calls.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    answer = () => Promise.resolve('up')
    expect(await service.addRequest({ endpoint: 'x' })).toBe('up')
  })

  it('forgets at sign-in, also the answer that was on its way', async () => {
    let finish: (value: unknown) => void = () => undefined
    answer = () => new Promise((resolve) => { finish = resolve })
    const before = service.addRequest({ endpoint: 'bootstrap' })
    service.clearCache()
    finish('the visitor')
    await before
    answer = () => Promise.resolve('the user')
    expect(await service.addRequest({ endpoint: 'bootstrap' })).toBe('the user')
  })

  it('does not give to the user what was asked for the visitor and is still on its way', () => {
    answer = () => new Promise(() => undefined)
    void service.addRequest({ endpoint: 'bootstrap' })
    service.clearCache()
    void service.addRequest({ endpoint: 'bootstrap' })
    expect(sent).toHaveLength(2)
  })

  it('sends each state-changing request by itself', async () => {
    await Promise.all([1, 2].map(() => service.addRequest({ endpoint: 'nodes/connect', method: 'POST' })))
    expect(sent).toHaveLength(2)
  })

  it('turns status questions of one moment into one request', async () => {
    const calls = Promise.all([['1', '2'], ['2', '3']].map((ids) => service.batchRealTimeUpdate(ids)))
    await pass(1)
    expect(await calls).toEqual([{ amiStatus: 'nodes/ami/status' }, { amiStatus: 'nodes/ami/status' }])
    expect(sent).toMatchObject([{ endpoint: 'nodes/ami/status', params: { nodes: '1,2,3' } }])
  })

  const nodesOf = () => sent.map(({ params }) => String(params?.['nodes']))

  describe('with two nodes to a request', () => {
    beforeEach(() => {
      answer = ({ params }) => {
        const ids = String(params?.['nodes']).split(',')
        return Promise.resolve({ success: true, data: Object.fromEntries(ids.map((id) => [id, { node: id }])), part: ids[0] })
      }
      service = new BatchRequestService({
        env: scriptedEnv(),
        config: { maxBatchSize: 2 },
        send: (request) => {
          sent.push(request)
          return answer(request)
        },
      })
    })

    it('splits one long question, and gives one answer', async () => {
      const call = service.batchRealTimeUpdate(['1', '2', '3', '4', '5'])
      await pass(1)
      const { amiStatus } = await call
      expect(nodesOf()).toEqual(['1,2', '3,4', '5'])
      expect(amiStatus).toEqual({
        success: true, part: '1', data: { 1: { node: '1' }, 2: { node: '2' }, 3: { node: '3' }, 4: { node: '4' }, 5: { node: '5' } },
      })
    })

    it('never asks for more in one request, however questions fall together', async () => {
      const calls = Promise.all([['1'], ['2', '1'], ['3', '4', '3'], ['4']].map((ids) => service.batchRealTimeUpdate(ids)))
      await pass(1)
      const [, second, third] = await calls
      expect(nodesOf()).toEqual(['1,2', '3,4'])
      expect(second).toMatchObject({ amiStatus: { data: { 1: { node: '1' }, 2: { node: '2' } } } })
      expect(third).toMatchObject({ amiStatus: { data: { 3: { node: '3' }, 4: { node: '4' } } } })
    })

    it('fails as a whole where one of its requests fails', async () => {
      const good = answer
      answer = (request) => (String(request.params?.['nodes']) === '3' ? Promise.reject(new Error('down')) : good(request))
      const call = expect(service.batchRealTimeUpdate(['1', '2', '3'])).rejects.toThrow('down')
      await pass(1)
      await call
    })
  })
})
