/** What a command really runs: without `sudo` and its like, with the variables replaced whose values are known, and what `find -exec` runs. */
import type { SimpleCommand, Word } from './simple-commands.ts';

/** A command without `sudo` and the like, ready to be judged. */
export interface Call {
  readonly name: string;
  readonly words: readonly Word[];
  /** The patterns of `words`, known variables replaced. */
  readonly args: readonly string[];
  readonly command: SimpleCommand;
  /** More arguments come from a pipe. */
  readonly isThroughXargs: boolean;
}

export type KnownValues = ReadonlyMap<string, string>;

interface Prefix {
  /** Short options that take a word. */
  readonly letters: string;
  /** Long ones. */
  readonly long?: RegExp;
  /** Options with which nothing is run. */
  readonly tells?: RegExp;
  readonly takesAssignments?: boolean;
}

/** Commands that run the one that follows them. */
const PREFIXES: Readonly<Record<string, Prefix>> = {
  sudo: {
    letters: 'ugpChTRrtD',
    long: /^--(?:user|group|chdir|host|prompt)$/u,
    tells: /^-[A-Za-z]*[lv]$|^--(?:list|validate)$/u,
    takesAssignments: true,
  },
  doas: { letters: 'uC' },
  pkexec: { letters: '', long: /^--user$/u },
  env: { letters: 'uCS', takesAssignments: true },
  nice: { letters: 'n' },
  ionice: { letters: 'cnp' },
  timeout: { letters: 'ks' },
  xargs: { letters: 'adEIiLlnPs' },
  nohup: { letters: '' },
  setsid: { letters: '' },
  exec: { letters: 'a' },
  command: { letters: '', tells: /^-[pvV]*[vV]/u },
  builtin: { letters: '' },
  stdbuf: { letters: 'ioe' },
  busybox: { letters: '' },
};
/** `$SUDO rm`, where the variable holds `sudo` or nothing. */
const SUDO_VARIABLE = /^\$\{\w*(?:sudo|doas)\w*(?::?[-+][^}]*)?\}$/iu;
/** `$NAME`, and what says that it must not be empty or drops its last slash. */
const PLAIN_VARIABLE = /\$\{(\w+)(?::?\?[^}]*|%\/)?\}/gu;

const FIND_RUNS = /^-(?:exec|execdir|ok|okdir)$/u;
const MOST_OUTPUTS = 24;

export function callOf(command: SimpleCommand, values: KnownValues = new Map()): Call {
  return callOfWords(command.words, command, values);
}

/** The commands that a `find` runs for what it finds. */
export function callsOfFind({ words, command }: Call, values: KnownValues): readonly Call[] {
  const calls: Call[] = [];
  for (const [at, { pattern }] of words.entries()) {
    if (!FIND_RUNS.test(pattern)) continue;
    const rest = words.slice(at + 1);
    const end = rest.findIndex((word) => word.pattern === ';' || word.pattern === '+');
    calls.push(callOfWords(end < 0 ? rest : rest.slice(0, end), command, values));
  }
  return calls;
}

/** The commands before this one in its pipeline, the nearest ones of a long one. */
export function outputsOf(command: SimpleCommand): readonly SimpleCommand[] {
  const all = new Set(command.pipedFrom);
  for (const from of all) {
    if (all.size > MOST_OUTPUTS) break;
    for (const further of from.pipedFrom) all.add(further);
  }
  return [...all];
}

/** Words before `--` that begin with a dash. */
export function optionsOf(args: readonly string[]): readonly string[] {
  const end = args.indexOf('--');
  return args.slice(0, end < 0 ? undefined : end).filter((arg) => arg.startsWith('-'));
}

export function operandsOf<Arg extends string>(args: readonly Arg[]): readonly Arg[] {
  const end = args.findIndex((arg) => arg === '--');
  if (end < 0) return args.filter((arg) => !arg.startsWith('-'));
  return [...args.slice(0, end).filter((arg) => !arg.startsWith('-')), ...args.slice(end + 1)];
}

/** @param letters of short options, which may stand together */
export function hasOption(args: readonly string[], letters: RegExp, long: string): boolean {
  return optionsOf(args).some((arg) => arg === long || (/^-[^-]/u.test(arg) && letters.test(arg)));
}

/** The name of a command without the folder that it lies in. */
export function baseName(word: string): string {
  return word.startsWith('${') ? word : word.slice(word.lastIndexOf('/') + 1);
}

/** A pattern with the variables replaced that have a known value. */
export function withValues(pattern: string, values: KnownValues): string {
  if (values.size === 0 || !pattern.includes('${')) return pattern;
  return pattern.replaceAll(PLAIN_VARIABLE, (whole, name: string) => values.get(name) ?? whole);
}

function callOfWords(all: readonly Word[], command: SimpleCommand, values: KnownValues): Call {
  let words = all;
  let isThroughXargs = false;
  for (;;) {
    const first = words[0]?.pattern ?? '';
    const name = SUDO_VARIABLE.test(first) ? 'sudo' : baseName(first);
    const prefix = Object.hasOwn(PREFIXES, name) ? PREFIXES[name] : undefined;
    const next = prefix === undefined ? null : behind(words, prefix, name);
    if (next === null || next >= words.length) {
      const args = words.slice(1).map(({ pattern }) => withValues(pattern, values));
      return { name, words: words.slice(1), args, command, isThroughXargs };
    }
    isThroughXargs ||= name === 'xargs';
    words = words.slice(next);
  }
}

/** Where the command that a prefix runs begins; null if it runs none. */
function behind(
  words: readonly Word[],
  { letters, long, tells, takesAssignments = false }: Prefix,
  name: string,
): number | null {
  const takesWord = letters === '' ? null : new RegExp(`^-[^-${letters}]*[${letters}]$`, 'u');
  let at = 1;
  for (; at < words.length; at++) {
    const word = words[at]?.pattern ?? '';
    if (tells?.test(word)) return null;
    if (takesWord?.test(word) || long?.test(word)) at += 1;
    else if (!word.startsWith('-') && !(takesAssignments && /^\w+=/u.test(word))) break;
  }
  return name === 'timeout' ? at + 1 : at;
}
