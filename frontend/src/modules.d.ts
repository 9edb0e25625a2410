declare module '*.css'

/** For tools that do not read Vue files; vue-tsc does, and knows each component's own type. */
declare module '*.vue' {
  import type { DefineComponent } from 'vue'
  const component: DefineComponent
  export default component
}
