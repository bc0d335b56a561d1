/** An alert in words, the same for every sink: what, how much, since when, where to look. */
import type { AlertMessage } from '../../src/contracts/alert.ts';
import type { Parcel } from './sink.ts';

export const STATE_WORDS = {
  firing: 'Firing',
  resolved: 'Resolved',
  stale: 'Unknown',
  test: 'Test',
} as const satisfies Record<AlertMessage['state'], string>;

/** What nearly every text is, told without a look at tables of Unicode. */
const PLAIN = /^[\x20-\x7e]*$/;
const UNWANTED = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]+/u;

/** A device whose clock is off by less says nothing about it. */
const NOTED_SKEW_MS = 60_000;

/** `Firing: slow answers`. */
export function headline({ state, labels }: AlertMessage): string {
  return `${STATE_WORDS[state]}: ${labels.alertname}`;
}

/** Names and values, in the order in which somebody who was woken up asks for them. */
export function facts(parcel: Parcel): readonly (readonly [name: string, value: string])[] {
  const { alert, device, skewMs } = parcel;
  const list: (readonly [string, string])[] = [
    ['Severity', alert.labels.severity],
    ['Value', alert.value === null ? 'no data' : formatValue(alert.value, alert.unit)],
    ['Threshold', formatValue(alert.threshold, alert.unit)],
    ['Window', `${formatSeconds(alert.windowSeconds)}, n = ${alert.n}`],
    ['Since', formatTime(alert.startsAt)],
  ];
  if (alert.endsAt !== null) list.push(['Until', formatTime(alert.endsAt)]);
  if (alert.state === 'stale') list.push(['Note', 'The page that saw it firing was closed.']);
  if (device !== null) list.push(['Device', device]);
  if (Math.abs(skewMs) >= NOTED_SKEW_MS) {
    list.push(['Clock', `ahead by ${formatSeconds(skewMs / 1000)}; times are corrected`]);
  }
  if (parcel.mayBeRepeat) list.push(['Delivery', 'may be a repetition: an attempt broke off']);
  return list;
}

/** Control characters, line breaks and changes of direction become spaces; what is too long ends in an ellipsis. */
export function oneLine(text: string, maxChars: number): string {
  if (text.length <= maxChars && (PLAIN.test(text) || !UNWANTED.test(text))) return text.trim();
  const flat = text.replaceAll(new RegExp(UNWANTED, 'gu'), ' ');
  const chars = Array.from(flat.trim());
  return chars.length <= maxChars ? chars.join('') : `${chars.slice(0, maxChars - 1).join('')}…`;
}

function formatValue(value: number, unit: AlertMessage['unit']): string {
  switch (unit) {
    case 'seconds':
      return `${round(value)} s`;
    case 'ratio':
      return `${round(value * 100)} %`;
    case 'requests':
    case 'events':
      return `${round(value)} ${unit}`;
    default:
      return unit satisfies never;
  }
}

function formatSeconds(seconds: number): string {
  if (seconds >= 7200) return `${round(seconds / 3600)} h`;
  return seconds >= 120 ? `${round(seconds / 60)} min` : `${round(seconds)} s`;
}

/** Three digits are enough to act on. */
function round(value: number): string {
  return String(Number(value.toPrecision(3)));
}

function formatTime(rfc3339: string): string {
  return `${new Date(rfc3339).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
