import { createPinia } from 'pinia'
import { createApp } from 'vue'
import Dashboard from '@/views/Dashboard.vue'

// No plug-in: the compat entry makes its client when a store is first used.
createApp(Dashboard).use(createPinia()).mount('#app')
