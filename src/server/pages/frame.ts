// What every status page has around its content, and the words that several pages use.
import { formatDuration } from '../../shared/duration.ts'
import { html, type Html, type Part } from './html.ts'

/** Makes a whole document. With `refresh` the browser loads it again after so many seconds. */
export function frame(title: string, content: Part, options: { readonly refresh?: number } = {}): string {
  const refresh = options.refresh === undefined ? null : html`<meta http-equiv="refresh" content="${options.refresh}">`
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
${refresh}
<title>${title}</title>
<link rel="stylesheet" href="/style.css">
</head>
<body>
${content}
</body>
</html>
`.text
}

/** A moment for people, with the exact one for machines. */
export function moment(ms: number): Html {
  const iso = new Date(ms).toISOString()
  return html`<time datetime="${iso}">${iso.slice(0, 19).replace('T', ' ')} UTC</time>`
}

/** How long something took or takes so far. */
export function lasting(from: number, to: number): string {
  return formatDuration(Math.max(0, to - from))
}
