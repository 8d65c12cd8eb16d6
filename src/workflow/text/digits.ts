// Whether a number keeps the digits with which it is written. What a definition says must be what a run gets.

/** Tells what would be lost of a number that is written in decimal digits; undefined when nothing is. */
export function lostDigits(written: string, value: number): string | undefined {
  if (!Number.isFinite(value)) return 'it is no number that JSON can say'
  if (Number.isInteger(value) && !Number.isSafeInteger(value) && !/[.e]/i.test(written)) return 'whole numbers beyond 2^53 lose digits'
  const digits = significant(written)
  if (digits === undefined || digits === significant(String(value))) return undefined
  return `it has more digits than a number keeps: it would become ${value}`
}

/** The digits that count and their power of ten: the same for all spellings of one number. */
function significant(text: string): string | undefined {
  const match = /^[-+]?(\d*)\.?(\d*)(?:e([-+]?\d+))?$/i.exec(text.replaceAll('_', ''))
  if (match === null) return undefined // hexadecimal and octal are whole
  const [, whole = '', fraction = '', power = '0'] = match
  const digits = (whole + fraction).replace(/^0+/, '')
  const kept = digits.replace(/0+$/, '')
  return kept === '' ? '0' : `${kept}e${Number(power) - fraction.length + digits.length - kept.length}`
}
