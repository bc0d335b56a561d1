/** Whether scripts were written under the syntax guard: figures of the two are never mixed in one rate. */
import type { Labels } from './series-key.ts';

export const GUARD_STATES = ['on', 'off'] as const;

export type GuardState = (typeof GUARD_STATES)[number];

/** Of what was counted before there was this label: `on`, as the guard is unless it is switched off. */
export function guardOf(labels: Labels): GuardState {
  return labels['guard'] === 'off' ? 'off' : 'on';
}

/** `, guard off`; nothing where it goes without saying. */
export function guardWords(guard: GuardState | null): string {
  return guard === null ? '' : `, guard ${guard}`;
}

/** Which of two has to be named: none where all scripts were written under the guard. */
export function namedGuard(guard: GuardState, present: readonly GuardState[]): GuardState | null {
  return guard === 'on' && !present.includes('off') ? null : guard;
}

/** What `read` says of each setting that scripts were written under, or else of `on`, and its name where it has to be said. */
export function forEachGuard<T extends object>(
  present: readonly GuardState[],
  read: (guard: GuardState) => T,
): readonly (T & { readonly guard: GuardState | null })[] {
  return (present.length === 0 ? (['on'] as const) : present).map((guard) => ({
    ...read(guard),
    guard: namedGuard(guard, present),
  }));
}
