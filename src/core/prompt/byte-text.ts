/**
 * Bytes as text of one character a byte (U+0000 to U+00FF). Models write bytes, and a token may end in the middle of a
 * character; in this form stop strings can be looked for before that is settled.
 */

export function byteText(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** The reverse of byteText. */
export function bytesOfText(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
