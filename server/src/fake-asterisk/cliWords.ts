/** A CLI line as Asterisk's parser cuts it (cli.c `parse_args`): blanks separate, quotes join and vanish, `\` escapes. */
export function cliWords(line: string): readonly string[] {
  const words: string[] = []
  let word = ''
  let inWord = false
  let quoted = false
  for (let i = 0; i < line.length; i += 1) {
    const char = line.charAt(i)
    if (char === '\\' && i + 1 < line.length) {
      i += 1
      word += line.charAt(i)
      inWord = true
    } else if (char === '"') {
      quoted = !quoted
      inWord = true
    } else if ((char === ' ' || char === '\t') && !quoted) {
      if (inWord) words.push(word)
      word = ''
      inWord = false
    } else {
      word += char
      inWord = true
    }
  }
  if (inWord) words.push(word)
  return words
}
