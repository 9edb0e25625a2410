/** The man page: a template with what `--help` says filled in, so that it cannot tell of options that are gone. */

/** Text as roff shows it: a backslash and a leading dot would be commands, and a bare hyphen becomes a typographic one. */
export function roff(text) {
  return text.replaceAll('\\', '\\e').replaceAll('-', '\\-').replace(/^(?=['.])/gm, '\\&')
}

/** `  --config FILE   what for` of the help text. Throws when there are none: a help text of another form must not end in an empty page. */
function options(help) {
  const lines = [...help.matchAll(/^ {2}(--[a-z-]+(?:, -[a-z])?)(?: (\S+))? {2,}(.+)$/gm)]
  if (lines.length === 0) throw new Error('the help text names no options; see scripts/manPage.mjs')
  return lines.map(([, name, value, text]) => `.TP\n.B ${roff(name)}${value === undefined ? '' : ` \\fI${roff(value)}\\fP`}\n${roff(text)}`).join('\n')
}

/** `       supermon-live rollout ..., who holds sockets; see: …` of the help text; the dots are for words that it takes. */
function commands(help) {
  return [...help.matchAll(/^ {7}supermon-live ([a-z]+)(?: \.\.\.)?, (.+?)(?:; see: .*)?$/gm)]
    .map(([, name, text]) => `.TP\n.B supermon\\-live ${name}\n${roff(text)}; see\n.BR "supermon\\-live ${name} \\-\\-help" .`)
    .join('\n')
}

function variables(help) {
  return [...help.matchAll(/^ {2}(SUPERMON_LIVE_[A-Z_]+)$/gm)].map(([, name]) => `.B ${name}`).join('\n.br\n')
}

/** @param date seconds since 1970 */
export function manPage(template, { help, version, date }) {
  const parts = {
    VERSION: version, DATE: new Date(date * 1000).toISOString().slice(0, 10), OPTIONS: options(help), COMMANDS: commands(help), VARIABLES: variables(help),
  }
  return template.replace(/@([A-Z]+)@/g, (whole, name) => parts[name] ?? whole)
}
