/** As a test of one's own component begins; any runner will do. */
import { createPinia } from 'pinia'
import { createFakeGateway } from 'supermon-live/testing'
import { createApp } from 'vue'
import App from './App.vue'

export async function showsWhoTalks(): Promise<string> {
  const gateway = createFakeGateway({ nodes: { '546051': { callsign: 'W5GLE' } } })
  const app = createApp(App).use(createPinia()).use(gateway.plugin)
  const place = document.createElement('div')
  app.mount(place)
  await gateway.settle()
  gateway.node('546051').key()
  gateway.net.cut('546051')
  await gateway.clock.advance(3_000)
  app.unmount()
  return place.textContent
}
