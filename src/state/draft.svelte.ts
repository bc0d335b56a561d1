/** The request as it is being written: the prompt, and the parameters as typed, with what is wrong with each. */
import type { Failure, Result } from '../contracts/failure.ts';
import type { GenerationParameters } from '../contracts/generation.ts';
import {
  DEFAULT_PARAMETERS,
  PARAMETER_RANGES,
  parseGenerationInput,
  parseParameters,
  type ParsedRequest,
} from '../core/prompt/parse-parameters.ts';
import { formatStopLines, parseStopLines } from '../core/prompt/stop-sequences.ts';

export const PARAMETER_NAMES = [
  'max_tokens',
  'temperature',
  'top_p',
  'top_k',
  'min_p',
  'repetition_penalty',
  'seed',
  'timeout_ms',
  'stop',
] as const satisfies readonly (keyof GenerationParameters)[];

export type ParameterName = (typeof PARAMETER_NAMES)[number];

type Fields = Record<ParameterName, string>;

/** Keeps a text over a reload of the tab. */
export interface TextMemory {
  read(): string;
  write(text: string): void;
}

export interface DraftMemory {
  readonly prompt: TextMemory;
  readonly parameters: TextMemory;
}

export class Draft {
  readonly #memory: DraftMemory;
  #prompt: string;
  #promptFailure = $state.raw<Failure | null>(null);
  #linkFailure = $state.raw<Failure | null>(null);
  #fields = $state<Fields>(toFields(DEFAULT_PARAMETERS));
  #guard = $state.raw(DEFAULT_PARAMETERS.guard);
  #errors = $derived.by(() => {
    const errors: Partial<Record<ParameterName, string>> = {};
    for (const name of PARAMETER_NAMES) {
      const result = parseField(name, this.#fields[name]);
      if (!result.ok) errors[name] = result.failure.message;
    }
    return errors;
  });
  #changedNames = $derived<readonly (ParameterName | 'guard')[]>([
    ...PARAMETER_NAMES.filter((name) => {
      const text = this.#fields[name];
      return text !== '' && text !== toFields(DEFAULT_PARAMETERS)[name];
    }),
    ...(this.#guard === DEFAULT_PARAMETERS.guard ? [] : (['guard'] as const)),
  ]);

  constructor(memory: DraftMemory) {
    this.#memory = memory;
    this.#prompt = $state.raw(memory.prompt.read());
    const kept = parseKept(memory.parameters.read());
    this.#fields = kept.fields;
    this.#guard = kept.guard;
    // Inputs write into the fields themselves. Never ended: the draft is there as long as the page.
    $effect.root(() => {
      $effect(() => this.#keepParameters());
    });
  }

  get prompt(): string {
    return this.#prompt;
  }

  set prompt(prompt: string) {
    this.#prompt = prompt;
    this.#promptFailure = null;
    this.#linkFailure = null;
    this.#memory.prompt.write(prompt);
  }

  /** Why the prompt cannot be sent; found when somebody tries. */
  get promptFailure(): Failure | null {
    return this.#promptFailure;
  }

  /** Why the share link that was opened could not be read; until something else is asked for. */
  get linkFailure(): Failure | null {
    return this.#linkFailure;
  }

  set linkFailure(cause: Failure | null) {
    this.#linkFailure = cause;
  }

  /** Parameters as typed; an empty field is its default. */
  get fields(): Fields {
    return this.#fields;
  }

  /** Whether tokens that bash could not accept are to be refused. */
  get guard(): boolean {
    return this.#guard;
  }

  set guard(isOn: boolean) {
    this.#guard = isOn;
  }

  /** What is wrong with each field; those that are right are not in it. */
  get errors(): Readonly<Partial<Record<ParameterName, string>>> {
    return this.#errors;
  }

  get errorCount(): number {
    return Object.keys(this.#errors).length;
  }

  /** Parameters that are not at their default. */
  get changedNames(): readonly (ParameterName | 'guard')[] {
    return this.#changedNames;
  }

  /** Returns the request, or the first thing that is wrong; a bad prompt is shown at its box from then on. */
  submit(): Result<ParsedRequest> {
    const parameters: Record<string, unknown> = { guard: this.#guard };
    for (const name of PARAMETER_NAMES) {
      const result = parseField(name, this.#fields[name]);
      if (!result.ok) return result;
      parameters[name] = result.value[name];
    }
    const result = parseGenerationInput({ prompt: this.#prompt, ...parameters });
    this.#promptFailure = result.ok ? null : result.failure;
    return result;
  }

  /** Fills the form from a link or the history. */
  fill({ prompt, parameters }: ParsedRequest): void {
    this.prompt = prompt;
    this.#fields = toFields(parameters);
    this.#guard = parameters.guard;
  }

  /** Returns how to put the form back as it is now. */
  keep(): () => void {
    const [prompt, fields, guard] = [this.#prompt, { ...this.#fields }, this.#guard];
    return () => {
      this.prompt = prompt;
      this.#fields = fields;
      this.#guard = guard;
    };
  }

  resetParameters(): void {
    this.#fields = toFields(DEFAULT_PARAMETERS);
    this.#guard = DEFAULT_PARAMETERS.guard;
  }

  #keepParameters(): void {
    const changed = this.#changedNames.map((name) => [
      name,
      name === 'guard' ? this.#guard : this.#fields[name],
    ]);
    this.#memory.parameters.write(JSON.stringify(Object.fromEntries(changed)));
  }
}

/** The default of a parameter as its field would hold it. */
export function defaultField(name: ParameterName): string {
  return toFields(DEFAULT_PARAMETERS)[name];
}

function toFields(parameters: GenerationParameters): Fields {
  const texts = PARAMETER_NAMES.map((name) => [name, String(parameters[name] ?? '')]);
  return {
    ...(Object.fromEntries(texts) as Fields),
    stop: formatStopLines(parameters.stop),
  };
}

/** What is not as it was written is at its default. */
function parseKept(text: string): { readonly fields: Fields; readonly guard: boolean } {
  const kept = parseObject(text);
  const texts = PARAMETER_NAMES.filter((name) => typeof kept[name] === 'string');
  const fields = Object.fromEntries(texts.map((name) => [name, kept[name]])) as Partial<Fields>;
  return {
    fields: { ...toFields(DEFAULT_PARAMETERS), ...fields },
    guard: kept['guard'] === false ? false : DEFAULT_PARAMETERS.guard,
  };
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(text)) as Record<string, unknown>;
  } catch {
    // Nothing was kept.
    return {};
  }
}

function parseField(name: ParameterName, text: string): Result<GenerationParameters> {
  if (name === 'stop') return parseParameters({ stop: parseStopLines(text) });
  const trimmed = text.trim();
  // A comma in a whole number would stand between thousands.
  const plain = PARAMETER_RANGES[name].integer ? trimmed : trimmed.replace(',', '.');
  return parseParameters(trimmed === '' ? {} : { [name]: Number(plain) });
}
