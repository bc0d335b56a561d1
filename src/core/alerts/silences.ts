/** Silences: which alerts they mute, and for how long. */
import type { AlertLabels } from '../../contracts/alert.ts';
import type { Silence, SilenceMatcher } from '../../contracts/alert-record.ts';
import { failure, type Result } from '../../contracts/failure.ts';
import { FieldReader, InvalidField } from '../json/field-reader.ts';

const LABEL = /^(?!__)[a-zA-Z_][a-zA-Z0-9_]{0,63}$/u;

/** The silence that mutes the labels at that moment; of several, the one that lasts longest. */
export function silenceOf(
  labels: AlertLabels,
  silences: readonly Silence[],
  nowMs: number,
): Silence | null {
  let found: Silence | null = null;
  for (const silence of silences) {
    if (silence.untilMs <= nowMs || !silence.matchers.every((matcher) => meets(labels, matcher))) {
      continue;
    }
    if (found === null || silence.untilMs > found.untilMs) found = silence;
  }
  return found;
}

/** The matchers for exactly this alert, on whatever device. */
export function matchersFor(labels: AlertLabels): readonly SilenceMatcher[] {
  return [{ label: 'alertname', isEqual: true, value: labels.alertname }];
}

/** `alertname = "Slow answers", severity != "info"` */
export function matcherWords(matchers: readonly SilenceMatcher[]): string {
  return matchers
    .map(({ label, isEqual, value }) => `${label} ${isEqual ? '=' : '!='} "${value}"`)
    .join(', ');
}

/** Fails with `request/invalid-parameter`, the field in `detail.field`. */
export function parseSilence(input: unknown, nowMs: number): Result<Silence> {
  try {
    const silence = new FieldReader(input, '');
    const matchers = silence.at('matchers').list(
      (matcher) => ({
        label: matcher.at('label').matching(LABEL, 'is no name of a label'),
        isEqual: matcher.at('isEqual').flag(),
        value: matcher.at('value').text(200),
      }),
      16,
    );
    // Without an equal one it would be easy to mute what nobody thought of.
    silence.at('matchers').require(
      matchers.some(({ isEqual }) => isEqual),
      'needs one that is equal',
    );
    const until = silence.at('untilMs');
    until.require(until.epochMs() > nowMs, 'is over already');
    return {
      ok: true,
      value: {
        id: silence.at('id').text(100),
        matchers,
        createdAtMs: silence.at('createdAtMs').epochMs(),
        untilMs: until.epochMs(),
        author: silence.at('author').text(100).trim(),
        comment: silence.at('comment').text(500).trim(),
      },
    };
  } catch (error) {
    if (!(error instanceof InvalidField)) throw error;
    const { field, message } = error;
    return {
      ok: false,
      failure: failure('request/invalid-parameter', `“${field}” ${message}.`, { field }),
    };
  }
}

function meets(labels: AlertLabels, { label, isEqual, value }: SilenceMatcher): boolean {
  // As Alertmanager has it: a label that is missing is empty.
  return ((labels[label] ?? '') === value) === isEqual;
}
