/** The dashboard application: the library's own components over the library's own store. */
import { createPinia } from 'pinia'
import { createApp } from 'vue'
import { comeAgainUntouched, forgetMissing } from './comeAgain.ts'
import { LANGUAGES, startLanguage } from './components/words/languages.ts'
import { usePageEnv } from './composables/usePageEnv.ts'
import { applyTheme } from './composables/useTheme.ts'
import { languages } from './languages.ts'
import { bindRollout } from './rollout.ts'
import { createSupermonLive } from './stores/supermonLive.ts'
import './theme.css'
import App from './views/App.vue'

const page = usePageEnv()
applyTheme(page)
const live = createSupermonLive()
const rollout = bindRollout(live)
const app = createApp(App)
app.use(createPinia())
app.use(live)
app.provide(LANGUAGES, languages)
const { env } = live.client
// Nobody reads a page twice: it comes in the language that it stays in. Nor does it show anything of a flag that is not known, unless
// that takes long; where the flag is remembered it is known at once.
const patience = new Promise<void>((resolve) => { env.setTimeout(resolve, 1_000) })
const inLanguage = startLanguage(languages).then((spoken) => {
  if (spoken) forgetMissing()
  else comeAgainUntouched(env, page)
})
void Promise.all([inLanguage, Promise.race([rollout.decided, patience])]).then(() => app.mount('#app'))
