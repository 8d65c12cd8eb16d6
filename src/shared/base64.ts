// Bytes as base64 text (RFC 4648, section 4) and back, with what every JavaScript platform has. Not a stream.

/** How many bytes are turned into characters at once: few enough for one call's arguments. */
const CHUNK = 0x2000

/** Encodes bytes. */
export function toBase64(bytes: Uint8Array): string {
  let text = ''
  for (let start = 0; start < bytes.length; start += CHUNK) {
    text += String.fromCharCode.apply(null, bytes.subarray(start, start + CHUNK) as unknown as number[])
  }
  return btoa(text)
}

/** Decodes base64; undefined when the text is not exactly what toBase64 writes (no spaces, padding complete). */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return undefined
  const characters = atob(text)
  const bytes = new Uint8Array(characters.length)
  for (let index = 0; index < characters.length; index++) bytes[index] = characters.charCodeAt(index)
  return bytes
}
