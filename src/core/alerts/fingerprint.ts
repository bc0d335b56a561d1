/**
 * The identity of an alert: FNV-1a with 64 bits (Fowler, Noll, Vo; draft-eastlake-fnv) over its sorted labels, each name
 * and value followed by the byte 255. Prometheus and Alertmanager do the same (prometheus/common, model/signature.go), so
 * theirs are equal.
 */
import { encodeInto } from '../bash/utf8.ts';

const OFFSET_BASIS = 0xcbf2_9ce4_8422_2325n;
const PRIME = 0x0000_0100_0000_01b3n;
const MASK = 0xffff_ffff_ffff_ffffn;
const SEPARATOR = 255;

/** 16 hexadecimal digits. */
export function fingerprintOf(labels: Readonly<Record<string, string>>): string {
  let hash = OFFSET_BASIS;
  const add = (byte: number): void => {
    hash = ((hash ^ BigInt(byte)) * PRIME) & MASK;
  };
  for (const name of Object.keys(labels).sort()) {
    for (const byte of utf8(name)) add(byte);
    add(SEPARATOR);
    for (const byte of utf8(labels[name] ?? '')) add(byte);
    add(SEPARATOR);
  }
  return hash.toString(16).padStart(16, '0');
}

function utf8(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 3);
  return bytes.subarray(0, encodeInto(text, 0, bytes).written);
}
