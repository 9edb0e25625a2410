import ts from 'typescript-eslint'
import vue from 'eslint-plugin-vue'
import { walls } from './scripts/eslint-walls.js'

/** Ambient doors that only `frontend/src/env` may open: everything else is handed its time, chance and network. */
const ambient = [
  'WebSocket', 'fetch', 'setTimeout', 'setInterval', 'clearTimeout', 'clearInterval', 'queueMicrotask',
  'requestAnimationFrame', 'document', 'window', 'navigator', 'localStorage', 'sessionStorage', 'performance',
].map((name) => ({ name, message: 'Ask env for it (frontend/src/env is the one door to the outside).' }))
const ambientProperties = [
  { object: 'Date', property: 'now', message: 'Ask env.clock.now().' },
  { object: 'Math', property: 'random', message: 'Ask env.random().' },
]

export default ts.config(
  { ignores: ['dist/', 'dist-app/', 'dist-server/', 'dist-package/', 'coverage/', 'node_modules/', 'public/', 'examples/'] },
  ...ts.configs.recommendedTypeChecked,
  ...vue.configs['flat/essential'],
  {
    files: ['**/*.{ts,vue}'],
    languageOptions: {
      parserOptions: {
        parser: ts.parser,
        project: ['./tsconfig.test.json'],
        extraFileExtensions: ['.vue'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    plugins: { walls },
    rules: {
      'walls/one-way': 'error',
      'no-restricted-exports': ['error', { restrictDefaultExports: { direct: true } }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      'vue/multi-word-component-names': 'off',
      'vue/no-v-html': 'error',
      'vue/require-v-for-key': 'error',
    },
  },
  {
    files: ['frontend/src/{services,stores,composables,components,views}/**/*.{ts,vue}'],
    rules: { 'no-restricted-globals': ['error', ...ambient], 'no-restricted-properties': ['error', ...ambientProperties] },
  },
  {
    files: ['server/src/{ami,feed,gateway,access,control}/**/*.ts'],
    rules: {
      'no-restricted-globals': ['error', ...ambient.slice(1, 6).map((a) => ({ ...a, message: 'Ask the Clock you were given.' }))],
      'no-restricted-properties': ['error', ...ambientProperties],
    },
  },
  {
    files: ['**/*.vue', '**/*.d.ts', '**/*.config.ts', '*.config.js'],
    rules: { 'no-restricted-exports': 'off' },
  },
  {
    files: ['**/*.test.ts'],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off', '@typescript-eslint/unbound-method': 'off' },
  },
  { files: ['**/*.{js,mjs}'], extends: [ts.configs.disableTypeChecked] },
)
