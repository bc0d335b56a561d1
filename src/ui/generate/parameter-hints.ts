/** What each parameter does, in a line. Their names are the ones that every model service uses. */
import type { ParameterName } from '../../state/draft.svelte.ts';

export const PARAMETER_HINTS: Readonly<Record<ParameterName, string>> = {
  max_tokens: 'Stops after so many tokens.',
  temperature: '0 takes the likeliest token each time; higher is more varied.',
  top_p: 'Keeps the likeliest tokens up to this probability; 1 is off.',
  top_k: 'Keeps so many of the likeliest tokens; 0 is off.',
  min_p: 'Drops tokens this much less likely than the best; 0 is off.',
  repetition_penalty: 'Holds back what was written just before; 1 is off.',
  seed: 'The same seed writes the same again; empty picks one.',
  timeout_ms: 'Stops after so many milliseconds.',
  stop: 'Stops at these texts. One a line; \\n is a line break.',
};
