/** Plots as SVG that reads in the light and in the dark, and says in words what it shows. */

const STYLE = `<style>
text{font:13px system-ui,sans-serif;fill:#1f2328}.note{font-size:11px;fill:#59636e}.axis{stroke:#8c959f}.a{fill:#0b62c4}.b{fill:#b35900}
@media (prefers-color-scheme:dark){text{fill:#e6edf3}.note{fill:#9198a1}.axis{stroke:#656c76}.a{fill:#58a6ff}.b{fill:#e3a04f}}
</style>`

const WIDTH = 720
const escape = (text: string) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`)

function svg(height: number, title: string, body: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escape(title)}">`,
    STYLE, `<text x="8" y="20" font-weight="600">${escape(title)}</text>`, ...body, '</svg>', '',
  ].join('\n')
}

export interface Bar {
  readonly label: string
  readonly value: number
  readonly tone: 'a' | 'b'
}

/** Horizontal bars on a logarithmic scale, each with its value: what differs by hundreds stays readable. */
export function bars(title: string, unit: string, all: readonly Bar[]): string {
  const row = 26
  const left = 260
  const room = WIDTH - left - 110
  const most = Math.max(...all.map(({ value }) => value))
  const least = Math.min(...all.map(({ value }) => value).filter((value) => value > 0))
  const span = Math.log10(most / least) + 0.3
  const widthOf = (value: number) => (value <= 0 ? 0 : Math.max(2, (room * (Math.log10(value / least) + 0.3)) / span))
  const lines = all.flatMap(({ label, value, tone }, i) => {
    const y = 38 + i * row
    const width = Math.round(widthOf(value))
    return [
      `<text x="${left - 8}" y="${y + 13}" text-anchor="end">${escape(label)}</text>`,
      `<rect class="${tone}" x="${left}" y="${y}" width="${width}" height="18"/>`,
      `<text x="${left + width + 6}" y="${y + 13}">${value} ${escape(unit)}</text>`,
    ]
  })
  return svg(48 + all.length * row + 14, title, [...lines, `<text class="note" x="8" y="${52 + all.length * row}">logarithmic</text>`])
}

/** Vertical bars: how many of each span. */
export function histogram(title: string, counts: readonly number[], stepMs: number, tone: 'a' | 'b'): string {
  const height = 200
  const bottom = height - 34
  const most = Math.max(1, ...counts)
  const width = (WIDTH - 40) / Math.max(1, counts.length)
  const body = counts.flatMap((count, i) => {
    const tall = Math.round(((bottom - 36) * count) / most)
    const x = Math.round(24 + i * width)
    return [
      `<rect class="${tone}" x="${x}" y="${bottom - tall}" width="${Math.max(1, Math.round(width) - 2)}" height="${tall}"/>`,
      ...(i % Math.ceil(counts.length / 12) === 0 ? [`<text class="note" x="${x}" y="${bottom + 16}">${i * stepMs} ms</text>`] : []),
      ...(count > 0 && counts.length <= 31 ? [`<text class="note" x="${x + width / 2 - 6}" y="${bottom - tall - 3}">${count}</text>`] : []),
    ]
  })
  return svg(height, title, [...body, `<line class="axis" x1="20" x2="${WIDTH - 8}" y1="${bottom}" y2="${bottom}"/>`])
}
