declare module '*.css'

/** For tools that do not read Vue files; vue-tsc does, and knows each component's own type. */
declare module '*.vue' {
  import type { DefineComponent } from 'vue'
  const component: DefineComponent
  export default component
}

/** Vite's, in development only; the part of it that is used. Stands here, where it does not become one of the package's types. */
interface ImportMeta {
  readonly hot?: { accept(callback: (module: unknown) => void): void }
}
