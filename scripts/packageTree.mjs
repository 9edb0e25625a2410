/** The files of an installed Supermon Live, laid out below a folder that stands for `/`. */
import { execFileSync } from 'node:child_process'
import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { root } from './lib.mjs'
import { manPage } from './manPage.mjs'

const DOC = 'usr/share/doc/supermon-live'

/**
 * @param tree the folder; made
 * @param server folder of the bundled gateway with its source map
 * @param app folder of the built dashboard
 * @param date seconds since 1970, for the man page
 */
export function layOut(tree, { server, app, version, date }) {
  const put = (path, content) => {
    mkdirSync(dirname(join(tree, path)), { recursive: true })
    writeFileSync(join(tree, path), content)
  }
  const copy = (from, path) => {
    mkdirSync(dirname(join(tree, path)), { recursive: true })
    copyFileSync(from, join(tree, path))
  }
  const copyFolder = (from, path, wanted = () => true) => {
    if (existsSync(from)) cpSync(from, join(tree, path), { recursive: true, filter: (source) => wanted(source) })
  }
  const noMap = (path) => !/\.map(\.(gz|br))?$/.test(path)

  copy(join(root, 'deploy/bin/supermon-live'), 'usr/bin/supermon-live')
  copy(join(server, 'main.js'), 'usr/lib/supermon-live/main.js')
  copy(join(server, 'package.json'), 'usr/lib/supermon-live/package.json')
  copyFolder(app, 'usr/lib/supermon-live/app', noMap)
  copyFolder(join(root, 'deploy/web'), 'usr/lib/supermon-live/web')
  copy(join(root, 'deploy/systemd/supermon-live.service'), 'usr/lib/systemd/system/supermon-live.service')
  for (const folder of ['monitoring', 'mqtt']) copyFolder(join(root, 'deploy', folder), `usr/share/supermon-live/${folder}`)
  const help = execFileSync(process.execPath, [join(server, 'main.js'), '--help'], { encoding: 'utf8' })
  put('usr/share/man/man1/supermon-live.1.gz', gzipSync(manPage(readFileSync(join(root, 'deploy/man/supermon-live.1'), 'utf8'), { help, version, date }), { level: 9 }))
  for (const name of ['README.md', 'CHANGELOG.md']) if (existsSync(join(root, name))) copy(join(root, name), `${DOC}/${name}`)
  for (const folder of ['docs', 'docs/errors']) {
    for (const name of readdirSync(join(root, folder))) if (name.endsWith('.md')) copy(join(root, folder, name), `${DOC}/${folder}/${name}`)
  }
  put(`${DOC}/copyright`, licences([server, app], { whole: false }))
}

/**
 * Our licence, and those of every package that is part of a bundled file: they ask to be told with each copy.
 * @param whole false = as Debian has it: long licences that every machine has are named by their path
 */
export function licences(folders, { whole }) {
  const ours = readFileSync(join(root, 'LICENSE'), 'utf8').trim()
  const theirs = bundledPackages(folders).map((name) => {
    const { version, license } = JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8'))
    return `${name} ${version} (${license})\n\n${!whole && license === 'Apache-2.0' ? COMMON : licenceOf(name)}`
  })
  const rule = `\n\n${'-'.repeat(70)}\n\n`
  return [`Supermon Live\n\n${ours}`, 'The files in /usr/lib/supermon-live contain the following packages.', ...theirs].join(rule) + '\n'
}

const COMMON = 'Licensed under the Apache License, Version 2.0; on Debian it is in /usr/share/common-licenses/Apache-2.0.'

function licenceOf(name) {
  const folder = join(root, 'node_modules', name)
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry))
  const { author, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  if (file === undefined && license === 'MIT') return `Copyright (c) ${author?.name ?? author ?? `the authors of ${name}`}\n\n${mitTerms()}`
  if (file === undefined) throw new Error(`${name} is bundled and has no licence file; say in scripts/packageTree.mjs what holds for it`)
  return readFileSync(join(folder, file), 'utf8').replaceAll('\r', '').trim()
}

/** What is the same in every MIT licence: what follows the copyright line. */
function mitTerms() {
  const text = readFileSync(join(root, 'LICENSE'), 'utf8').trim()
  return text.slice(text.indexOf('Permission is hereby granted'))
}

/** Names of the packages whose sources are part of what was bundled, by the source maps. */
function bundledPackages(folders) {
  const names = new Set()
  for (const folder of folders) {
    for (const entry of readdirSync(folder, { recursive: true })) {
      if (!entry.endsWith('.map')) continue
      const map = join(folder, entry)
      for (const source of JSON.parse(readFileSync(map, 'utf8')).sources) {
        // Resolved first: a map that lies in node_modules itself does not name that folder.
        const name = /.*\/node_modules\/((?:@[^/]+\/)?[^/.][^/]*)\//.exec(resolve(dirname(map), source))?.[1]
        if (name !== undefined) names.add(name)
      }
    }
  }
  return [...names].sort()
}
