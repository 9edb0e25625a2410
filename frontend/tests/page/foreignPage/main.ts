/**
 * The drop-ins on a page of somebody else's, in a column in the middle that lets its children be as wide as they like. `?bare`: the same page without
 * its rules for elements.
 */
import { createPinia } from 'pinia'
import { createApp, defineComponent, h } from 'vue'
import { ConnectionStatus, createSupermonLive, NodeTable } from '../../../src/index.ts'
import '../../../src/theme.css'

const rules = document.querySelector('#rules')
if (location.search === '?bare') rules?.remove()
// Behind ours: of two rules that are as strong the page's own is the one that counts.
else if (rules) document.head.append(rules)

const Page = defineComponent({
  setup: () => () =>
    h('main', { style: 'box-sizing: border-box; width: min(1100px, 100vw); margin: 0 auto; padding: 0 20px; text-align: center' }, [
      h(ConnectionStatus, { nodeIds: ['546051'] }),
      h('div', { style: 'display: flex; flex-direction: column; align-items: center' }, [
        h(NodeTable, { node: { id: '546051' } }, { links: () => h('a', { href: '#chart', style: 'color: inherit' }, 'Chart') }),
      ]),
    ]),
})
createApp(Page).use(createPinia()).use(createSupermonLive()).mount('#app')
