/**
 * The library's parts on a page of a club's own, over a gateway in memory. `?dashboard`: the whole page, by somebody who put no class on <html>; `?out`:
 * nobody is signed in; `?theme=dark`: the page says what it is;
 * `?reset`: with a reset of styles, as many pages have.
 */
import { createPinia } from 'pinia'
import { createApp, defineComponent, h, ref } from 'vue'
import { EMPTY_NODE } from '../../../../protocol/nodeState.ts'
import { ConnectionStatus, ConnectPanel, Dashboard, NodeNotices, NodeTable, SessionBar, Voter } from '../../../src/index.ts'
import { createFakeGateway } from '../../../src/testing.ts'
import '../../../src/theme.css'

const NODE = '546051'
const asked = new URLSearchParams(location.search)
const theme = asked.get('theme')
if (theme !== null) document.documentElement.dataset['theme'] = theme
if (!asked.has('reset')) document.querySelector('#reset')?.remove()
const gateway = createFakeGateway({ nodes: { [NODE]: { callsign: 'W5GLE' } }, ...(asked.has('out') && { signedIn: null }) })

const Parts = defineComponent({
  setup() {
    const show = ref(false)
    return () => [
      h('button', { class: 'own', type: 'button', onClick: () => { show.value = true } }, 'Voters'),
      h(SessionBar),
      h(ConnectionStatus, { nodeIds: [NODE] }),
      h(ConnectPanel, { nodes: [NODE] }),
      h(NodeTable, { node: { id: NODE } }),
      h(Voter, { nodes: [NODE] }),
      h(Voter, { nodes: [NODE], show: show.value, onClose: () => { show.value = false } }),
      h(NodeNotices, { nodeId: NODE }),
    ]
  },
})
createApp(asked.has('dashboard') ? Dashboard : Parts).use(createPinia()).use(gateway.plugin).mount('#app')
gateway.node(NODE).vote({ Ridge: 120, Campus: { rssi: 0 } }, 'Ridge')
gateway.node(NODE).connect('48752', { callsign: 'W1AW' })
gateway.node(NODE).set({ telemetry: { ...EMPTY_NODE.telemetry, alerts: [{ text: 'Heat Advisory', level: 'critical', url: null }] } })
await gateway.settle()
