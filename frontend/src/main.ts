/** The dashboard application: the library's own components over the library's own store. */
import { createPinia } from 'pinia'
import { createApp } from 'vue'
import { applyTheme } from './composables/useTheme.ts'
import { browserPageEnv } from './env/pageEnv.ts'
import { createSupermonLive } from './stores/client.ts'
import './theme.css'
import Dashboard from './views/Dashboard.vue'

applyTheme(browserPageEnv())
const app = createApp(Dashboard)
app.use(createPinia())
app.use(createSupermonLive())
app.mount('#app')
