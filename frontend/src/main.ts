/** The dashboard application: the library's own components over the library's own store. */
import { createPinia } from 'pinia'
import { createApp } from 'vue'
import { LANGUAGES, startLanguage } from './components/words/languages.ts'
import { applyTheme } from './composables/useTheme.ts'
import { browserPageEnv } from './env/pageEnv.ts'
import { languages } from './languages.ts'
import { createSupermonLive } from './stores/client.ts'
import './theme.css'
import App from './views/App.vue'

applyTheme(browserPageEnv())
const app = createApp(App)
app.use(createPinia())
app.use(createSupermonLive())
app.provide(LANGUAGES, languages)
// Nobody reads a page twice: it comes in the language that it stays in.
void startLanguage(languages).then(() => app.mount('#app'))
