import { createPinia } from 'pinia'
import { createSupermonLive } from 'supermon-live'
import 'supermon-live/style.css'
import { createApp } from 'vue'
import App from './App.vue'

createApp(App).use(createPinia()).use(createSupermonLive()).mount('#app')
