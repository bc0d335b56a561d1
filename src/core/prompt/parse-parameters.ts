/** Checks what a caller wants of a generation: defaults, ranges, and errors that name the field. */
import { failure, type Result } from '../../contracts/failure.ts';
import type { GenerationParameters } from '../../contracts/generation.ts';

/** Greedy by default: for code, the likeliest answer is the best one. */
export const DEFAULT_PARAMETERS: GenerationParameters = {
  temperature: 0,
  top_k: 40,
  top_p: 0.95,
  min_p: 0,
  repetition_penalty: 1,
  seed: null,
  max_tokens: 256,
  stop: [],
  timeout_ms: 120_000,
  guard: true,
};

interface NumberRange {
  readonly min: number;
  readonly max: number;
  readonly integer: boolean;
  readonly minExclusive?: boolean;
}

/** Units and ranges as documented in contracts/generation.ts; the page's inputs use them too. */
export const PARAMETER_RANGES = {
  temperature: { min: 0, max: 2, integer: false },
  top_k: { min: 0, max: 1000, integer: true },
  top_p: { min: 0, max: 1, integer: false, minExclusive: true },
  min_p: { min: 0, max: 1, integer: false },
  repetition_penalty: { min: 1, max: 2, integer: false },
  seed: { min: 0, max: 0xffff_ffff, integer: true },
  max_tokens: { min: 1, max: 32_768, integer: true },
  timeout_ms: { min: 100, max: 3_600_000, integer: true },
} as const satisfies Record<string, NumberRange>;

const MAX_STOPS = 8;
const MAX_STOP_CHARS = 64;
/** Characters of prompt that are worth tokenizing at all; the context length is checked in tokens later. */
export const MAX_PROMPT_CHARS = 200_000;

export interface ParsedRequest {
  readonly prompt: string;
  readonly parameters: GenerationParameters;
}

/**
 * Parses `{ prompt, ...parameters }` as it comes from the console, a link or the network.
 * Missing parameters get their default; unknown fields, wrong types and values out of range are refused with
 * `request/invalid-parameter`, whose `detail.field` names the field.
 */
export function parseGenerationInput(
  input: unknown,
  defaults: GenerationParameters = DEFAULT_PARAMETERS,
): Result<ParsedRequest> {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    return refuse('prompt', 'The request must be an object with a `prompt`.');
  }
  const { prompt, ...rest } = input as Record<string, unknown>;
  if (typeof prompt !== 'string') return refuse('prompt', '`prompt` must be a text.');
  if (prompt.trim() === '') return refuse('prompt', '`prompt` must not be empty.');
  if (prompt.length > MAX_PROMPT_CHARS) {
    return refuse('prompt', `\`prompt\` must have at most ${MAX_PROMPT_CHARS} characters.`);
  }
  const parameters = parseParameters(rest, defaults);
  return parameters.ok ? { ok: true, value: { prompt, parameters: parameters.value } } : parameters;
}

/** Parses parameters alone; see parseGenerationInput. */
export function parseParameters(
  input: Readonly<Record<string, unknown>>,
  defaults: GenerationParameters = DEFAULT_PARAMETERS,
): Result<GenerationParameters> {
  const values: Record<string, unknown> = { ...defaults };
  for (const [field, value] of Object.entries(input)) {
    if (value === undefined) continue;
    if (field === 'stop') {
      const stop = parseStop(value);
      if (!stop.ok) return stop;
      values['stop'] = stop.value;
    } else if (field === 'guard') {
      if (typeof value !== 'boolean') return refuse(field, '`guard` must be true or false.');
      values['guard'] = value;
    } else if (Object.hasOwn(PARAMETER_RANGES, field)) {
      if (field === 'seed' && value === null) {
        values['seed'] = null;
        continue;
      }
      const problem = outOfRange(value, PARAMETER_RANGES[field as keyof typeof PARAMETER_RANGES]);
      if (problem !== null) return refuse(field, `\`${field}\` must be ${problem}.`);
      values[field] = value;
    } else {
      return refuse(field, `\`${field}\` is not a parameter.`);
    }
  }
  return { ok: true, value: values as unknown as GenerationParameters };
}

function outOfRange(value: unknown, range: NumberRange): string | null {
  const isInside =
    typeof value === 'number' &&
    Number.isFinite(value) &&
    (range.minExclusive === true ? value > range.min : value >= range.min) &&
    value <= range.max &&
    (!range.integer || Number.isInteger(value));
  if (isInside) return null;
  const kind = range.integer ? 'a whole number' : 'a number';
  return range.minExclusive === true
    ? `${kind} above ${range.min} and at most ${range.max}`
    : `${kind} from ${range.min} to ${range.max}`;
}

function parseStop(value: unknown): Result<readonly string[]> {
  const list: unknown = typeof value === 'string' ? [value] : value;
  const isValid =
    Array.isArray(list) &&
    list.length <= MAX_STOPS &&
    list.every(
      (entry) => typeof entry === 'string' && entry !== '' && entry.length <= MAX_STOP_CHARS,
    );
  return isValid
    ? { ok: true, value: [...(list as string[])] }
    : refuse(
        'stop',
        `\`stop\` must be at most ${MAX_STOPS} texts of 1 to ${MAX_STOP_CHARS} characters.`,
      );
}

function refuse(field: string, message: string): Result<never> {
  return { ok: false, failure: failure('request/invalid-parameter', message, { field }) };
}
