/** Vite's, as far as it is used here. */
interface ImportMeta {
  readonly env: { readonly DEV: boolean }
}
