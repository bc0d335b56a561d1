/** What is known of a script's variables and its folder at a command, as far as it shows without running anything. */
import { type Call, operandsOf } from './called-command.ts';
import { kindOfPath } from './dangerous-paths.ts';
import type { SimpleCommand } from './simple-commands.ts';

/** The shell sets them before the script begins. */
const PRESET = ['PWD', 'HOME', 'USER', 'HOSTNAME', 'UID', '0', '$'];
const DECLARES = /^(?:local|declare|typeset|readonly|export)$/u;
/** Commands that always write something. */
const WRITES = /^(?:mktemp|pwd|date|hostname|dirname|realpath|whoami|id|uname)$/u;
/** A `cd` is forgotten after so many commands. */
const FOLDER_LASTS = 4;
/** Nested expansions in a value are looked at so far. */
const DEEPEST = 4;
/** Longer values are no paths. */
const MOST_CHARACTERS = 256;

export class ScriptVariables {
  /** Variables that cannot be empty, or that the script has looked at. */
  readonly #filled: Set<string>;
  /** Patterns without expansions, by the variable that holds them. */
  readonly #values: Map<string, string>;
  #nounset: boolean;
  #folder: string | null = null;
  #folderLasts = 0;

  /** @param around of the script that runs this one */
  constructor(around: ScriptVariables | null = null) {
    this.#filled = new Set(around === null ? PRESET : around.#filled);
    this.#values = new Map(around?.values);
    this.#nounset = around !== null && around.#nounset;
  }

  get values(): ReadonlyMap<string, string> {
    return this.#values;
  }

  /** An empty variable ends the script instead. */
  setNounset(): void {
    this.#nounset = true;
  }

  mayBeEmpty(name: string): boolean {
    return !this.#nounset && !this.#filled.has(name);
  }

  /** A script of its own gets `count` arguments. */
  setArguments(count: number): void {
    for (let n = 1; n <= 9; n++) {
      if (n <= count) this.#filled.add(String(n));
      else this.#filled.delete(String(n));
    }
  }

  /** The path as seen from `/` if the script has just gone to a folder that is needed. */
  placed(path: string): string {
    if (this.#folder === null || /^(?:\/|~|\$\{|-|$)/u.test(path)) return path;
    return `${this.#folder.replace(/\/+$/u, '')}/${path}`;
  }

  /** Takes note of the variables that have a value from here on, or were looked at. */
  note(call: Call): void {
    const { name, words, command } = call;
    const args = words.map(({ pattern }) => pattern);
    if (name === 'set' && setsNounset(args)) this.#nounset = true;
    this.#noteFolder(call);
    const assigned = command.assignments.map(({ pattern }) => pattern);
    for (const assignment of DECLARES.test(name) ? [...assigned, ...args] : assigned) {
      const [, variable, value] = /^(\w+)\+?=([^]*)$/u.exec(assignment) ?? [];
      if (variable !== undefined && value !== undefined)
        this.#assign(variable, value, command, assignment.startsWith(`${variable}=`));
    }
    if (name === 'for' || name === 'select') this.#noteLoop(args);
    if (/^(?:read|mapfile|readarray|getopts|printf|unset)$/u.test(name))
      for (const arg of args) this.#values.delete(arg);
    if (name === 'printf' && args[0] === '-v') this.#filled.add(args[1] ?? '');
    this.#noteTests(name, args);
  }

  #noteFolder({ name, args, command }: Call): void {
    if (name === 'cd' || name === 'pushd') {
      const place = operandsOf(args)[0] ?? '~';
      this.#folder = /[*?]/u.test(place) || kindOfPath(place) === null ? null : place;
      this.#folderLasts = FOLDER_LASTS;
    } else if (name === 'popd' || command.defines !== null || this.#folderLasts === 0) {
      this.#folder = null;
    } else this.#folderLasts -= 1;
  }

  /** Behind a command: a subshell that ends takes its folder with it. */
  leave({ endedBy }: SimpleCommand): void {
    if (endedBy === ')') this.#folder = null;
  }

  #assign(name: string, value: string, command: SimpleCommand, isWhole: boolean): void {
    if (this.#isFilled(value, command)) this.#filled.add(name);
    const isPath = value !== '' && value.length <= MOST_CHARACTERS;
    if (isWhole && isPath && !/\$[{(]|^\(\)$/u.test(value)) this.#values.set(name, value);
    else this.#values.delete(name);
  }

  #isFilled(value: string, { assignments, words }: SimpleCommand): boolean {
    let text = value;
    for (let depth = 0; depth < DEEPEST; depth++) text = text.replaceAll(/\$\{[^{}]*\}/gu, '');
    // A slash alone would not help.
    if (/[^/.\s]/u.test(text.replaceAll('$()', ''))) return true;
    const [, operator = '', otherwise = ''] = /^\$\{\w+:?([-=?])([^]*)\}$/u.exec(value) ?? [];
    if (operator === '?' || /[^/.\s"'{}$]/u.test(otherwise)) return true;
    for (const [, name = ''] of value.matchAll(/\$\{(\w+)(?:%\/)?\}/gu))
      if (this.#filled.has(name)) return true;
    if (!value.includes('$()')) return false;
    const commands = [...assignments, ...words].flatMap((word) => word.commands);
    return commands.some((inner) => WRITES.test(inner.words[0]?.pattern ?? ''));
  }

  #noteLoop(args: readonly string[]): void {
    const [name, , ...items] = args;
    if (name === undefined) return;
    this.#filled.add(name);
    const needed = items.find((item) => kindOfPath(item) !== null);
    if (needed === undefined) this.#values.delete(name);
    else this.#values.set(name, needed);
  }

  #noteTests(name: string, args: readonly string[]): void {
    const isTest = /^(?:test|\[|\[\[|case)$/u.test(name);
    for (const arg of name === 'case' ? args.slice(0, 1) : args) {
      for (const [, variable = ''] of arg.matchAll(/\$\{(\w+):?[?=]/gu)) this.#filled.add(variable);
      const looksAt = isTest ? /\$\{#?(\w+)/gu : name === '((' ? /\$\{#(\w+)\}/gu : null;
      if (looksAt === null) continue;
      for (const [, variable = ''] of arg.matchAll(looksAt)) {
        this.#filled.add(variable);
        this.#values.delete(variable);
      }
      if (/\$\{#\}|\$#/u.test(arg)) for (let n = 1; n <= 9; n++) this.#filled.add(String(n));
    }
  }
}

function setsNounset(args: readonly string[]): boolean {
  return args.some((arg) => /^-\w*u/u.test(arg) || arg === 'nounset');
}
