import { join } from 'node:path'
import { SETTINGS_FILE, SETTINGS_VARIABLE, withSettings } from '../config/settingsFile.ts'
import type { Environment } from '../config/settingsFile.ts'

/**
 * The environment with what the settings say now: they may have been written since this process started. Below another root
 * they are that machine's.
 *
 * @throws UsageError
 */
export async function freshSettings({ env, sourceOf }: Environment, root: string): Promise<Environment> {
  const own = Object.fromEntries(Object.entries(env).filter(([name]) => sourceOf(name) === name))
  return withSettings(root === '/' ? own : { ...own, [SETTINGS_VARIABLE]: join(root, SETTINGS_FILE) })
}
