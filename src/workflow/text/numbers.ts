// Whether a number keeps every digit that was written. JSON's numbers are doubles: what has more digits would be changed silently.

/** What a number loses, and what to do; undefined when it loses nothing. */
export interface Loss {
  readonly message: string
  readonly remedy: string
}

/** Compares a number as it was written with the number that came of it. */
export function lossOf(written: string, value: number): Loss | undefined {
  if (!Number.isFinite(value)) return { message: `${written} is no number that data can hold`, remedy: 'Write a number up to 1.7e308, or text in quotes.' }
  if (/^[-+]?0\d/.test(written)) return { message: `${written} would be read as the number ${value}, without the zeros before it`, remedy: `Write '${written}' in quotes if it is text, else ${value}.` }
  const whole = /^[-+]?\d+$/.test(written) || /^0[xo]/.test(written)
  if (whole && !Number.isSafeInteger(value)) return { message: `the number ${written} is beyond 2^53, where numbers lose digits`, remedy: `Write it as text: '${written}'.` }
  if (!whole && digitsOf(written) !== digitsOf(String(value))) return { message: `the number ${written} has more digits than a number can keep; it would be read as ${value}`, remedy: `Write ${value}, or as text: '${written}'.` }
  return undefined
}

/** How a number is written so that it loses nothing when it is read again. */
export function numberText(value: number): string {
  if (Object.is(value, -0)) return '-0'
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? value.toExponential() : String(value)
}

/** The digits that count, and their power of ten: `0.150` and `15e-2` are the same. */
function digitsOf(written: string): string {
  const [mantissa = '', exponent = '0'] = written.toLowerCase().replace(/^[-+]/, '').split('e')
  const [whole = '', fraction = ''] = mantissa.split('.')
  const digits = (whole + fraction).replace(/^0+/, '')
  const kept = digits.replace(/0+$/, '')
  return kept === '' ? '0' : `${kept}e${Number(exponent) - fraction.length + digits.length - kept.length}`
}
