/** `supermon-live/testing`: for tests of components that show nodes. */
export { createFakeGateway } from './testing/fakeGateway.ts'
export type { FakeGateway, FakeGatewayOptions, FakeNet } from './testing/fakeGateway.ts'
export { FakeNode } from './testing/fakeNode.ts'
export type { FakeReceiver, FakeVoter } from './testing/fakeNode.ts'
export type { FakeUser } from './testing/fakeAccounts.ts'
export { TestClock } from './testing/testClock.ts'

/**
 * The stores' actions that make nodes do something: for `createTestingPinia({ stubActions: storeCommands })`, which keeps
 * the rest of the store at work, reading included. `@pinia/testing` takes lists from 1.0.3 on; before, as with Pinia 2, it takes one for `true`
 * and stubs all actions: say `stubActions: false` there.
 */
export const storeCommands = [
  'connectNode', 'permConnectNode', 'monitorNode', 'monitorCmdNode', 'localMonitorNode', 'disconnectNode', 'disconnectAll', 'sendDtmf', 'run',
]
