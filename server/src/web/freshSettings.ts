import { join } from 'node:path'
import { SETTINGS_FILE, SETTINGS_VARIABLE, withSettings } from '../config/settingsFile.ts'
import type { Environment, Variables } from '../config/settingsFile.ts'

/**
 * The environment with what the settings say now. Below another root they are that machine's.
 *
 * @throws UsageError
 */
export async function freshSettings(variables: Variables, root: string): Promise<Environment> {
  return withSettings(root === '/' ? variables : { ...variables, [SETTINGS_VARIABLE]: join(root, SETTINGS_FILE) })
}
