// Lines for a terminal whose locale is not UTF-8: each sign that is drawn becomes one letter of ASCII, so that columns stay where they are. Names and
// values are left as they are.
const SIGNS: Readonly<Record<string, string>> = {
  '✓': 'v', '✗': 'x', '●': '*', '○': 'o', '–': '-', '…': '~', '·': '.', '█': '#', '▏': '|', '▎': '|', '▍': '|', '▌': '#', '▋': '#', '▊': '#', '▉': '#', '├': '|', '└': '`', '─': '-', '│': '|', '▸': '>', '↩': '<',
}
const DRAWN = new RegExp(`[${Object.keys(SIGNS).join('')}]`, 'gu')

/** True when the locale says another encoding than UTF-8; without a locale it is UTF-8. */
export function wantsAscii(env: NodeJS.ProcessEnv): boolean {
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || ''
  return locale !== '' && !/utf-?8/i.test(locale)
}

/** The line in ASCII, as far as it was drawn. */
export function asciiLine(line: string): string {
  return line.replaceAll(DRAWN, (sign) => SIGNS[sign] ?? sign)
}
