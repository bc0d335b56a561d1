/** Scripts that a command runs which are not files of this machine: text in the script itself, and what a server sends. */
import { type Call, callOf, operandsOf, outputsOf } from './called-command.ts';
import type { SimpleCommand, Word } from './simple-commands.ts';

const SHELL = /^(?:(?:ba|da|z|k|a|fi)?sh|\$\{SHELL\})$/u;
const INTERPRETER = /^(?:python(?:[23](?:\.\d+)?)?|perl|ruby|node|php)$/u;
const DOWNLOAD = /^(?:curl|wget|fetch|lynx)$/u;
/** Short options of ssh that take a word. */
const SSH_TAKES_WORD = /^-[^-bcDEeFIiJLlmOopQRSWw]*[bcDEeFIiJLlmOopQRSWw]$/u;

/** Where a shell or an interpreter has its script from. */
type Source =
  | { readonly kind: 'text' | 'file'; readonly word: Word; readonly operands: number }
  | { readonly kind: 'input' | 'none' };

export interface RunScript {
  readonly text: string;
  /** Its number of arguments, if it has its own. */
  readonly operands: number | null;
}

/** `bash -c TEXT`, `eval TEXT`, `trap TEXT`, `ssh HOST TEXT`, `bash <<EOF`, `echo TEXT | sh`. */
export function scriptsIn(call: Call): readonly RunScript[] {
  const { name, args, command } = call;
  const source = sourceOf(call);
  if (source.kind === 'text')
    return [{ text: unquoted(source.word.pattern), operands: source.operands }];
  if (source.kind === 'input' && SHELL.test(name))
    return [...textsOf(command), ...command.pipedFrom.flatMap(printed)].map((text) => ({
      text,
      operands: null,
    }));
  const texts =
    name === 'eval'
      ? [args.slice(args[0] === '--' ? 1 : 0).join(' ')]
      : name === 'trap'
        ? operandsOf(args).slice(0, 1)
        : name === 'ssh'
          ? remote(args)
          : [];
  const own = texts.map(unquoted);
  if (name === 'ssh' && own.every((text) => SHELL.test(text))) own.push(...textsOf(command));
  return own.map((text) => ({ text, operands: null }));
}

/** Whether what a server sends is run. */
export function runsDownload(call: Call): boolean {
  const { name, words, command } = call;
  if (name === 'eval') return isDownloaded(operandWords(words)[0]);
  const source = sourceOf(call);
  if (source.kind === 'text') return isDownloaded(source.word);
  if (source.kind === 'file') return /^<\(\)/u.test(source.word.pattern) && downloads(source.word);
  if (source.kind === 'none') return false;
  if (command.redirections.some(({ target }) => downloads(target))) return true;
  return outputsOf(command).some(passesDownload);
}

function passesDownload(command: SimpleCommand): boolean {
  const { name, words } = callOf(command);
  return (
    DOWNLOAD.test(name) ||
    (/^(?:cat|echo|printf)$/u.test(name) &&
      words.some((word) => /^[$<]\(\)/u.test(word.pattern) && downloads(word)))
  );
}

function sourceOf({ name, words, isThroughXargs }: Call): Source {
  const input: Source = isThroughXargs ? { kind: 'none' } : { kind: 'input' };
  if (SHELL.test(name)) return sourceOfShell(words, input);
  if (INTERPRETER.test(name)) return sourceOfInterpreter(words, input);
  if (name === 'source' || name === '.') {
    const word = operandWords(words)[0];
    if (word === undefined) return { kind: 'none' };
    return word.pattern === '/dev/stdin' ? input : { kind: 'file', word, operands: 0 };
  }
  const at = name === 'su' ? words.findIndex(({ pattern }) => /^-\w*c$/u.test(pattern)) : -1;
  const word = at < 0 ? undefined : words[at + 1];
  return word === undefined ? { kind: 'none' } : { kind: 'text', word, operands: 0 };
}

function sourceOfShell(words: readonly Word[], input: Source): Source {
  let isText = false;
  for (let at = 0; at < words.length; at++) {
    const word = words[at];
    const pattern = word?.pattern ?? '';
    if (word === undefined || /^--(?:help|version)$/u.test(pattern)) return { kind: 'none' };
    if (/^[-+][oO]$|^--(?:rcfile|init-file)$/u.test(pattern)) at += 1;
    else if (/^[-+]/u.test(pattern)) {
      if (pattern.startsWith('--') || pattern === '-') continue;
      if (pattern.includes('n')) return { kind: 'none' };
      if (pattern.includes('c')) isText = true;
      else if (pattern.includes('s')) return input;
    } else if (isText) return { kind: 'text', word, operands: Math.max(0, words.length - at - 2) };
    else if (pattern === '/dev/stdin') return input;
    else return { kind: 'file', word, operands: 0 };
  }
  return isText ? { kind: 'none' } : input;
}

function sourceOfInterpreter(words: readonly Word[], input: Source): Source {
  const at = words.findIndex(({ pattern }) => pattern === '-' || !pattern.startsWith('-'));
  const options = at < 0 ? words : words.slice(0, at);
  const word = words[at];
  // With `-c`, `-m`, `-e` the program is somewhere else.
  if (options.some(({ pattern }) => /^-[^-]*[cmenprf]|^--(?:help|version|eval)/iu.test(pattern)))
    return { kind: 'none' };
  return word === undefined || word.pattern === '-' ? input : { kind: 'file', word, operands: 0 };
}

function operandWords(words: readonly Word[]): readonly Word[] {
  return words[0]?.pattern === '--' ? words.slice(1) : words;
}

/** Whether a text begins one of its commands with what a server sends. */
function isDownloaded(word: Word | undefined): boolean {
  return word !== undefined && /(?:^|[;&|\n])\s*\$\(\)/u.test(word.pattern) && downloads(word);
}

function downloads(word: Word): boolean {
  return word.commands.some((inner) => DOWNLOAD.test(callOf(inner).name));
}

/** Here-documents and here-strings. */
function textsOf({ redirections }: SimpleCommand): readonly string[] {
  return redirections.flatMap(({ operator, target, body }) =>
    operator === '<<<' ? unquoted(target.pattern) : (body ?? []),
  );
}

/** What a command in front of a pipe writes, if the script says so itself. */
function printed(command: SimpleCommand): readonly string[] {
  const { name, args } = callOf(command);
  if (name === 'cat' && args.length === 0) return textsOf(command);
  if (name !== 'echo' && name !== 'printf') return [];
  const first = args.findIndex((arg) => !/^-(?:[neE]+|-)$/u.test(arg));
  return first < 0 ? [] : [unquoted(args.slice(first).join(' ')).replaceAll('\\n', '\n')];
}

function remote(args: readonly string[]): readonly string[] {
  let at = 0;
  while (args[at]?.startsWith('-')) at += SSH_TAKES_WORD.test(args[at] ?? '') ? 2 : 1;
  return at + 1 < args.length ? [args.slice(at + 1).join(' ')] : [];
}

function unquoted(pattern: string): string {
  return pattern.replaceAll(/\\([^])/gu, '$1');
}
