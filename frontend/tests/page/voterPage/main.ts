/** A page with nothing but voters: `#546056,546055` in place, `?dialog` in a dialog over it. */
import { createPinia } from 'pinia'
import { createApp, defineComponent, h, ref } from 'vue'
import { createSupermonLive, Voter } from '../../../src/index.ts'
import '../../../src/theme.css'

const nodes = location.hash.slice(1).split(',').filter((id) => id !== '')
const Page = defineComponent({
  setup() {
    const show = ref(false)
    return () =>
      h('main', { class: 'sl-app', style: 'margin: 0 auto; max-width: 76rem; padding: 0.5rem' }, [
        h('h1', { style: 'margin: 0 0 0.5rem; font: 700 1.25rem var(--sl-font); color: var(--sl-text)' }, 'Club'),
        location.search === '?dialog'
          ? [
              h('button', { type: 'button', onClick: () => { show.value = true } }, 'Open'),
              h(Voter, { nodes, show: show.value, onClose: () => { show.value = false } }),
            ]
          : h(Voter, { nodes }),
      ])
  },
})
createApp(Page).use(createPinia()).use(createSupermonLive()).mount('#app')
