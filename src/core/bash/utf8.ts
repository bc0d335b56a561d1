/** UTF-8 by hand: TextEncoder and TextDecoder are not part of the language, and bytes go straight into WASM memory. */

/** Writes `text` from UTF-16 index `from` as UTF-8 until `target` is full; returns the next index and the bytes written. */
export function encodeInto(
  text: string,
  from: number,
  target: Uint8Array,
): { readonly next: number; readonly written: number } {
  let i = from;
  let at = 0;
  const room = target.length;
  while (i < text.length) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) {
      if (at >= room) break;
      target[at++] = unit;
      i++;
    } else if (unit < 0x800) {
      if (at + 2 > room) break;
      target[at++] = 0xc0 | (unit >> 6);
      target[at++] = 0x80 | (unit & 0x3f);
      i++;
    } else {
      const code = codePoint(text, i);
      if (code > 0xffff) {
        if (at + 4 > room) break;
        target[at++] = 0xf0 | (code >> 18);
        target[at++] = 0x80 | ((code >> 12) & 0x3f);
        i += 2;
      } else {
        if (at + 3 > room) break;
        target[at++] = 0xe0 | (code >> 12);
        i++;
      }
      target[at++] = 0x80 | ((code >> 6) & 0x3f);
      target[at++] = 0x80 | (code & 0x3f);
    }
  }
  return { next: i, written: at };
}

/** The code point at `i`; a lone surrogate becomes U+FFFD, as an encoder writes it. */
function codePoint(text: string, i: number): number {
  const code = text.codePointAt(i) ?? 0;
  return code >= 0xd800 && code <= 0xdfff ? 0xfffd : code;
}

/** Decodes UTF-8; bytes that are not UTF-8 become U+FFFD. */
export function decode(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length;) {
    const first = bytes[i] ?? 0;
    const length = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 0;
    let code = length === 1 ? first : first & (0xff >> (length + 1));
    let read = 1;
    while (read < length && ((bytes[i + read] ?? 0) & 0xc0) === 0x80)
      code = (code << 6) | ((bytes[i + read++] ?? 0) & 0x3f);
    const whole = length > 0 && read === length && code <= 0x10ffff;
    text += String.fromCodePoint(whole ? code : 0xfffd);
    i += read;
  }
  return text;
}

/** A place in a script: offset in the script's own units, line and column 1-based, column in UTF-16 code units. */
export interface Place {
  readonly offset: number;
  readonly line: number;
  readonly column: number;
}

/** Where the byte at `byteOffset` of a script's UTF-8 form lies. */
export function placeOf(script: string | Uint8Array, byteOffset: number): Place {
  let line = 1;
  let column = 1;
  if (typeof script !== 'string') {
    const end = Math.min(byteOffset, script.length);
    for (let i = 0; i < end; i++) {
      const byte = script[i] ?? 0;
      if (byte === 10) {
        line++;
        column = 1;
      } else if ((byte & 0xc0) !== 0x80) column += byte >= 0xf0 ? 2 : 1;
    }
    return { offset: end, line, column };
  }
  let i = 0;
  for (let bytes = 0; i < script.length && bytes < byteOffset; i++) {
    const unit = script.charCodeAt(i);
    if (unit === 10) {
      line++;
      column = 1;
    } else column++;
    const pair = unit >= 0xd800 && unit < 0xdc00 && codePoint(script, i) > 0xffff;
    bytes += unit < 0x80 ? 1 : unit < 0x800 ? 2 : pair ? 4 : 3;
    if (pair) {
      i++;
      column++;
    }
  }
  return { offset: i, line, column };
}
