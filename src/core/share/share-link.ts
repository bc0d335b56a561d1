/**
 * Share links: a prompt and its parameters in a URL's fragment, which browsers send to nobody. Readable on purpose, so
 * that whoever gets a link sees what it asks for before opening it: `#/write?v=1&prompt=list%20files&temperature=0.4&end`.
 */
import { failure, type Failure, type Result } from '../../contracts/failure.ts';
import type { GenerationParameters } from '../../contracts/generation.ts';
import {
  DEFAULT_PARAMETERS,
  parseGenerationInput,
  type ParsedRequest,
} from '../prompt/parse-parameters.ts';

const VERSION = '1';
/** The last field. Mail and chat programs cut long links without a word: what lacks it has been cut. */
const END = 'end';

/** Anything else stays a text, and is refused by the parameter's name. */
const BOOLEANS: Readonly<Record<string, boolean>> = { true: true, false: false };

/** Some chat programs stop linking after so many characters; the page says so beyond it. */
export const LONG_LINK_CHARS = 8_000;

/** Returns the query part of the fragment, without `?`. Parameters at their default are left out. */
export function encodeShare({ prompt, parameters }: ParsedRequest): string {
  const fields = [`v=${VERSION}`, `prompt=${encode(prompt)}`];
  for (const [name, value] of Object.entries(parameters)) {
    if (name === 'stop') {
      for (const text of parameters.stop) fields.push(`stop=${encode(text)}`);
    } else if (value !== DEFAULT_PARAMETERS[name as keyof GenerationParameters]) {
      fields.push(`${name}=${String(value)}`);
    }
  }
  return [...fields, END].join('&');
}

/**
 * Parses what `encodeShare` returned. Fails with `share/invalid-link` when the link is cut off or not ours, and with
 * `request/invalid-parameter` when it asks for something out of range.
 */
export function decodeShare(query: string): Result<ParsedRequest> {
  // A full stop or bracket after a link often becomes part of it.
  const fields = query.replace(/[.,;:!?)\]}>'"]+$/u, '').split('&');
  if (fields.pop() !== END) return refuse('The link is cut off.');
  const input: Record<string, unknown> = {};
  const stop: string[] = [];
  let version: string | null = null;
  for (const field of fields) {
    const at = field.indexOf('=');
    if (at <= 0) return refuse();
    const name = field.slice(0, at);
    const value = decode(field.slice(at + 1));
    if (value === null) return refuse();
    if (name === 'v') version = value;
    else if (name === 'prompt') input['prompt'] = value;
    else if (name === 'stop') stop.push(value);
    else if (name === 'guard') input['guard'] = BOOLEANS[value] ?? value;
    else if (value.trim() === '') return refuse();
    else input[name] = Number(value);
  }
  if (version !== VERSION) {
    return refuse(
      version === null ? undefined : 'The link was made by another version of this page.',
    );
  }
  if (stop.length > 0) input['stop'] = stop;
  return parseGenerationInput(input);
}

function encode(text: string): string {
  // Half a surrogate pair has no UTF-8, and encodeURIComponent throws on it.
  return encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\uFFFD'));
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    // Broken percent-encoding: the caller refuses the link.
    return null;
  }
}

function refuse(message?: string): { readonly ok: false; readonly failure: Failure } {
  return { ok: false, failure: failure('share/invalid-link', message) };
}
