/** Lets the service read what its settings name, by groups it is a member of. */
import { CONFIG_FOLDER, SERVICE_UNIT, SETTINGS_FILE } from '../config/settingsFile.ts'
import type { Changes } from './changes.ts'
import { rightTo } from './fileRights.ts'
import { copyCommand } from './hiddenFolders.ts'
import type { Identities } from './identities.ts'
import type { Place } from './place.ts'
import { file, wantedBy } from './wantedFiles.ts'

export const RIGHTS_FILE = `/etc/systemd/system/${SERVICE_UNIT}.d/rights.conf`

export interface RightsStep {
  readonly place: Place
  readonly identities: Identities
  readonly changes: Changes
  readonly say: (line: string) => void
}

/** @param settings by name */
export async function grantRights(settings: ReadonlyMap<string, string>, { place, identities, changes, say }: RightsStep): Promise<void> {
  if (identities.service === null) {
    say('Note     There is no user supermon-live yet, so it is not known whether it may read these files. Run setup again once there is.')
    return
  }
  const ours = await rightTo({ path: CONFIG_FOLDER, kind: 'folder' }, place, identities)
  const isShut = ours?.kind === 'no' && ours.path === CONFIG_FOLDER
  if (isShut) await changes.openFolder(CONFIG_FOLDER)
  const groups = new Set<string>()
  const told = new Set<string>()
  const hidden = new Map<string, string>()
  for (const wanted of [file(SETTINGS_FILE), ...(await wantedBy(settings, place))]) {
    const right = await rightTo(wanted, place, identities)
    if (right?.kind === 'groups') for (const group of right.groups) groups.add(group)
    // Of a folder of accounts, its files are copied.
    if (right?.kind === 'hidden' && wanted.kind === 'file') hidden.set(wanted.path, right.folder)
    if (right?.kind === 'no' && !told.has(right.command)) {
      told.add(right.command)
      say(`Note     The service may not read ${wanted.path}, because of ${right.path}: ${right.command}`)
    }
  }
  if (hidden.size > 0) {
    const [paths, folders] = [[...hidden.keys()], [...new Set(hidden.values())].join(' and ')]
    say(`Note     The service cannot see ${paths.join(', ')}, whatever the modes, as its unit hides ${folders}: ${copyCommand(paths)}`)
    say(`         Name what is there in ${SETTINGS_FILE}, then: sudo systemctl restart supermon-live`)
  }
  // Rights to what is no longer read are taken back.
  if (groups.size === 0) await changes.remove(RIGHTS_FILE)
  else await changes.write({ path: RIGHTS_FILE, text: () => rightsText([...groups]), secret: false })
}

function rightsText(groups: readonly string[]): string {
  return `# Made by supermon-live setup: the service reads files of these groups.\n[Service]\nSupplementaryGroups=${groups.join(' ')}\n`
}
