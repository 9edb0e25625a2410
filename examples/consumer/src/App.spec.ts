/** As a test of one's own component begins; any runner will do. */
import { createPinia } from 'pinia'
import { createFakeGateway } from 'supermon-live/testing'
import { createApp } from 'vue'
import App from './App.vue'

/** @returns what the page said, moment by moment */
export async function showsWhoTalks(): Promise<string[]> {
  const gateway = createFakeGateway({ nodes: { '546051': { callsign: 'W5GLE' } } })
  const app = createApp(App).use(createPinia()).use(gateway.plugin)
  const place = document.createElement('div')
  app.mount(place)
  const seen: string[] = []
  const look = () => seen.push(place.querySelector('h1')?.textContent ?? '')
  look()
  await gateway.settle()
  look()
  gateway.node('546051').key()
  await gateway.settle()
  look()
  // Its socket breaks; polling brings the news meanwhile.
  gateway.net.cut('546051')
  gateway.node('546051').unkey()
  await gateway.clock.advance(9_000)
  look()
  app.unmount()
  gateway.dispose()
  return seen
}
