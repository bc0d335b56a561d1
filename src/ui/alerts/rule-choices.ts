/** What can be chosen in the rule editor without typing. */
import { formatTimeSpan } from '../../core/format/quantities.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

export const WINDOWS_MS: readonly number[] = [
  ...[1, 5, 10, 15, 30].map((minutes) => minutes * MINUTE_MS),
  ...[1, 2, 6, 12, 24].map((hours) => hours * HOUR_MS),
  ...[3, 7, 30].map((days) => days * DAY_MS),
];

export const FOR_MS: readonly number[] = [
  0,
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE_MS),
  ...[1, 2, 6].map((hours) => hours * HOUR_MS),
];

/** With what is chosen now among them, in order. */
export function choicesWith(choices: readonly number[], chosen: number): readonly number[] {
  return choices.includes(chosen) ? choices : [...choices, chosen].sort((a, b) => a - b);
}

export function forWords(ms: number): string {
  return ms === 0 ? 'at once' : formatTimeSpan(ms);
}
