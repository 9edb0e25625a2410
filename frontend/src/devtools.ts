/** `supermon-live/devtools`: the client in Vue devtools. Import it in development only. */
import { setupDevtoolsPlugin } from '@vue/devtools-api'
import type { App } from 'vue'
import { INSPECTOR, LAYER, Panel } from './devtools/panel.ts'
import type { InspectedClient } from './devtools/panel.ts'

export type { InspectedClient } from './devtools/panel.ts'

/**
 * Adds an inspector (connections, nodes, epoch and seq, step of the backoff, age of the ticket) and a timeline (try, open, close,
 * resync, fallback, frames by type) to Vue devtools. Ends with the app.
 */
export function installDevtools(app: App, { client }: { readonly client: InspectedClient }): void {
  setupDevtoolsPlugin({ id: 'supermon-live', label: 'Supermon Live', packageName: 'supermon-live', app }, (api) => {
    api.addInspector({ id: INSPECTOR, label: 'Supermon Live', icon: 'settings_input_antenna', treeFilterPlaceholder: 'Node' })
    api.addTimelineLayer({ id: LAYER, label: 'Supermon Live', color: 0x2e7d32 })
    const panel = new Panel(client, {
      changed: () => {
        api.sendInspectorTree(INSPECTOR)
        api.sendInspectorState(INSPECTOR)
      },
      happened: (event) => { api.addTimelineEvent({ layerId: LAYER, event: { ...event, data: { ...event.data } } }) },
    })
    api.on.getInspectorTree((payload) => {
      if (payload.inspectorId === INSPECTOR) payload.rootNodes = panel.tree(payload.filter)
    })
    api.on.getInspectorState((payload) => {
      if (payload.inspectorId === INSPECTOR) payload.state = panel.details(payload.nodeId)
    })
    app.onUnmount(() => { panel.dispose() })
  })
}
