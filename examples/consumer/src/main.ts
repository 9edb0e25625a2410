import { createPinia } from 'pinia'
import { createSupermonLive } from 'supermon-live'
import 'supermon-live/style.css'
import { createApp } from 'vue'
import App from './App.vue'

const live = createSupermonLive()
const app = createApp(App).use(createPinia()).use(live)
if (import.meta.env.DEV) void import('supermon-live/devtools').then(({ installDevtools }) => { installDevtools(app, live) })
app.mount('#app')
