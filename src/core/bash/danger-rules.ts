/** Finds commands that destroy data, a system or a machine's safety, so that people can be warned. It warns only: nothing is refused for it. */
import { simpleCommands, type SimpleCommand, type Word } from './simple-commands.ts';

/** Rule by rule, why it warns. The names stay: records keep them. */
export const DANGER_REASONS = {
  'rm-root': 'deletes every file of the machine',
  'rm-home': 'deletes a whole home directory',
  'rm-system': 'deletes a directory that the system needs',
  'rm-unset': 'deletes from / on if the variable is empty',
  'find-delete': 'deletes everything below a directory that the system or its user needs',
  'dd-device': 'overwrites a whole disk',
  'write-device': 'writes over a disk and what is on it',
  'make-filesystem': 'makes a new file system: what is on the disk is lost',
  'wipe-disk': 'destroys what is on the disk, or how to find it',
  shred: 'overwrites files so that nothing brings them back',
  'move-to-null': 'moves files to /dev/null, where they are lost',
  'permissions-root': 'changes the owner or the rights of all system files: it may not start again',
  'fork-bomb': 'starts copies of itself without end, until the machine stops answering',
  'pipe-to-shell': 'runs what a server sends, unread',
} as const;

export type DangerRule = keyof typeof DANGER_REASONS;

export interface Danger {
  readonly rule: DangerRule;
  /** 1-based. */
  readonly line: number;
  /** Says what the command does, without a subject: "deletes every file of the machine". */
  readonly reason: string;
}

/** Longer scripts are looked at up to here. */
const MOST_CHARACTERS = 65_536;
const DEEPEST = 4;

/** A command without `sudo` and the like, ready to be judged. */
interface Call {
  readonly name: string;
  readonly args: readonly string[];
  readonly command: SimpleCommand;
  /** Variables that cannot be empty there. */
  readonly filled: ReadonlySet<string>;
}

const SYSTEM = String.raw`/(?:bin|boot|dev|etc|home|lib|lib32|lib64|opt|proc|root|sbin|srv|sys|usr|var|Users|System|Library)`;
const ROOT = /^\/+(?:\.?\/*|\.?\*|\{,?\.?\*,?\}|\.\[!?\.\]\*)$/u;
const HOME = /^(?:~[a-z_]*|\$\{HOME\}|\/home\/(?:[^/]+|\$\{USER\})|\/root)\/*(?:\.?\*)?$/u;
const SYSTEM_FOLDER = new RegExp(
  String.raw`^${SYSTEM}/*\*?$|^/usr/(?:bin|lib|sbin|share|local)/*\*?$`,
  'u',
);
const UNSET = /^\$\{(\w+)(?:%\/)?\}\/+(?:\.?\*)?$|^\/\$\{(\w+)\}(?:\/\*?)?$/u;
const DISK = /^\/dev\/(?:[shv]d[a-z]|nvme|xvd|mmcblk|disk|mapper\/|dm-|md\d|loop|r?disk)/u;
const NO_DISK = /^\/dev\/(?:null|zero|full|std(?:in|out|err)|fd\/|tty|pts\/|shm\/|tcp\/|udp\/)/u;
const SHELL = /^(?:ba|da|z|k|a|fi)?sh$/u;
const INTERPRETER = /^(?:python[23]?|perl|ruby|node|php)$/u;
const DOWNLOAD = /^(?:curl|wget|fetch|lynx)$/u;
/** Commands that run the one that follows them, and their options that take a word. */
const PREFIXES: Readonly<Record<string, RegExp>> = {
  sudo: /^-[ugpChTRrt]$|^--(?:user|group|chdir)$/u,
  doas: /^-[uC]$/u,
  env: /^-[uCS]$/u,
  nice: /^-n$/u,
  ionice: /^-[cnp]$/u,
  timeout: /^-[ks]$/u,
  xargs: /^-[adEIiLlnPs]$/u,
  nohup: /^$/u,
  setsid: /^$/u,
  exec: /^-a$/u,
  command: /^$/u,
  builtin: /^$/u,
  stdbuf: /^-[ioe]$/u,
  busybox: /^$/u,
};
const FIND_TESTS =
  /^-(?:i?name|i?path|i?regex|[acm](?:time|min)|size|user|group|empty|newer\w*|perm|inum|uid|gid)$/u;

/** In order of lines; a rule once a line. */
export function findDangers(script: string): readonly Danger[] {
  const found = new Map<string, Danger>();
  scan(script.slice(0, MOST_CHARACTERS), 1, 0, (rule, line) => {
    found.set(`${line} ${rule}`, { rule, line, reason: DANGER_REASONS[rule] });
  });
  return [...found.values()].sort((a, b) => a.line - b.line);
}

type Report = (rule: DangerRule, line: number) => void;

function scan(script: string, firstLine: number, depth: number, report: Report): void {
  const commands = simpleCommands(script, firstLine);
  const filled = new Set<string>();
  let nounset = /^#![^\n]*\s-\w*u/u.test(script);
  for (const [index, command] of commands.entries()) {
    if (command.defines !== null && isForkBomb(command.defines, commands.slice(index + 1))) {
      report('fork-bomb', command.line);
    }
    const call = callOf(command, filled);
    if (call.name === 'set' && setsNounset(call.args)) nounset = true;
    note(call, filled);
    for (const rule of rulesOf(call)) {
      if (rule !== 'rm-unset' || !nounset) report(rule, command.line);
    }
    if (depth < DEEPEST) {
      for (const text of scriptsIn(call)) scan(text, command.line, depth + 1, report);
    }
  }
}

function callOf(command: SimpleCommand, filled: ReadonlySet<string>): Call {
  let words = command.words.map(({ pattern }) => pattern);
  for (;;) {
    const name = words[0] === undefined ? '' : baseName(words[0]);
    const takesWord = PREFIXES[name];
    if (takesWord === undefined || words.length < 2) {
      return { name, args: words.slice(1), command, filled };
    }
    let at = 1;
    while (at < words.length) {
      const word = words[at] ?? '';
      if (takesWord.test(word)) at += 2;
      else if (word.startsWith('-') || (name === 'env' && word.includes('='))) at += 1;
      else break;
    }
    words = words.slice(name === 'timeout' ? at + 1 : at);
  }
}

function baseName(word: string): string {
  return word.slice(word.lastIndexOf('/') + 1);
}

function setsNounset(args: readonly string[]): boolean {
  return args.some((arg) => /^-\w*u/u.test(arg) || arg === 'nounset');
}

/** Takes note of the variables that have a value from here on, or were looked at. */
function note({ name, args, command }: Call, filled: Set<string>): void {
  const declares = /^(?:local|declare|typeset|readonly|export)$/u.test(name);
  const assignments = command.assignments.map(({ pattern }) => pattern);
  for (const assignment of declares ? [...assignments, ...args] : assignments) {
    const [, variable, value] = /^(\w+)\+?=([^]*)$/u.exec(assignment) ?? [];
    if (variable !== undefined && value !== undefined && isFilled(value, command))
      filled.add(variable);
  }
  if ((name === 'for' || name === 'select') && args[0] !== undefined) filled.add(args[0]);
  const isTest = name === 'test' || name === '[' || name === '[[';
  for (const arg of args) {
    for (const [, variable] of arg.matchAll(/\$\{(\w+):[?]/gu)) filled.add(variable ?? '');
    if (isTest) for (const [, variable] of arg.matchAll(/\$\{(\w+)/gu)) filled.add(variable ?? '');
    if (isTest && arg.includes('${#}')) for (let n = 1; n <= 9; n++) filled.add(String(n));
  }
}

function isFilled(value: string, { assignments }: SimpleCommand): boolean {
  if (/^\$\{\w+:[-=?]/u.test(value)) return true;
  if (value === '$()') {
    const commands = assignments.flatMap((word) => word.commands);
    return commands.some(({ words }) =>
      /^(?:mktemp|pwd|date|hostname)$/u.test(words[0]?.pattern ?? ''),
    );
  }
  return value !== '' && !value.startsWith('$');
}

function rulesOf(call: Call): readonly DangerRule[] {
  const { name, args, command } = call;
  const rules: (DangerRule | null)[] = [];
  const targets = args.filter((arg) => !arg.startsWith('-'));
  if (name === 'rm' && hasOption(args, /[rR]/u, '--recursive')) {
    rules.push(...targets.map((target) => removal(target, call.filled)));
  } else if (name === 'find') rules.push(findRule(args));
  else if (name === 'dd')
    rules.push(
      args.some((arg) => arg.startsWith('of=') && isDevice(arg.slice(3))) ? 'dd-device' : null,
    );
  else if (/^(?:mkfs|mke2fs|mkswap|mkntfs|newfs)\b/u.test(name)) {
    rules.push(args.some((arg) => /^(?:\/dev\/|\$\{)/u.test(arg)) ? 'make-filesystem' : null);
  } else if (name === 'shred')
    rules.push(targets.some((target) => DISK.test(target)) ? 'wipe-disk' : 'shred');
  else if (name === 'wipefs') rules.push(hasOption(args, /[ao]/u, '--all') ? 'wipe-disk' : null);
  else if (name === 'blkdiscard') rules.push('wipe-disk');
  else if (name === 'sgdisk')
    rules.push(hasOption(args, /[zZo]/u, '--zap-all') ? 'wipe-disk' : null);
  else if (name === 'parted')
    rules.push(args.includes('mklabel') || args.includes('mktable') ? 'wipe-disk' : null);
  else if (name === 'mv') rules.push(targets.at(-1) === '/dev/null' ? 'move-to-null' : null);
  else if (/^(?:chmod|chown|chgrp)$/u.test(name) && hasOption(args, /R/u, '--recursive')) {
    const others = targets.slice(args.some((arg) => arg.startsWith('--reference')) ? 0 : 1);
    rules.push(
      others.some((target) => ROOT.test(target) || isSystem(target)) ? 'permissions-root' : null,
    );
  } else if (name === 'tee' || name === 'cp') {
    const written = name === 'tee' ? targets : targets.slice(-1);
    rules.push(written.some((target) => DISK.test(target)) ? 'write-device' : null);
  }
  if (
    command.redirections.some(
      ({ operator, target }) => operator.includes('>') && DISK.test(target.pattern),
    )
  ) {
    rules.push('write-device');
  }
  if (runsDownload(call)) rules.push('pipe-to-shell');
  return rules.filter((rule) => rule !== null);
}

/** @param letters of short options, which may stand together */
function hasOption(args: readonly string[], letters: RegExp, long: string): boolean {
  return args.some((arg) => arg === long || (/^-[^-]/u.test(arg) && letters.test(arg)));
}

function isSystem(target: string): boolean {
  return SYSTEM_FOLDER.test(target);
}

function removal(target: string, filled: ReadonlySet<string>): DangerRule | null {
  if (ROOT.test(target)) return 'rm-root';
  if (HOME.test(target)) return 'rm-home';
  if (isSystem(target)) return 'rm-system';
  const unset = UNSET.exec(target);
  const variable = unset?.[1] ?? unset?.[2];
  return variable === undefined || filled.has(variable) ? null : 'rm-unset';
}

function findRule(args: readonly string[]): DangerRule | null {
  const places = args.slice(
    0,
    args.findIndex((arg) => arg.startsWith('-')),
  );
  const deletes = args.some(
    (arg, index) =>
      arg === '-delete' ||
      (/^-(?:exec|execdir|ok)$/u.test(arg) && baseName(args[index + 1] ?? '') === 'rm'),
  );
  if (!deletes || args.some((arg) => FIND_TESTS.test(arg))) return null;
  const isNeeded = places.some((place) => ROOT.test(place) || HOME.test(place) || isSystem(place));
  return isNeeded ? 'find-delete' : null;
}

function isDevice(path: string): boolean {
  return path.startsWith('/dev/') && !NO_DISK.test(path);
}

function runsDownload({ name, args, command }: Call): boolean {
  const isShell = SHELL.test(name);
  const readsWord = isShell || name === 'eval' || name === 'source' || name === '.';
  if (readsWord && command.words.some((word) => downloads(word))) return true;
  const operands = args.filter(
    (arg) => arg !== '-' && !arg.startsWith('-') && arg !== '/dev/stdin',
  );
  const readsInput = isShell
    ? (operands.length === 0 || hasOption(args, /s/u, '')) && !hasOption(args, /c/u, '')
    : INTERPRETER.test(name) && args.every((arg) => arg === '-');
  if (!readsInput) return false;
  if (command.redirections.some(({ target }) => downloads(target))) return true;
  return outputsOf(command).some((from) => DOWNLOAD.test(callOf(from, new Set()).name));
}

/** The commands in front of it in its pipeline. */
function outputsOf(command: SimpleCommand): readonly SimpleCommand[] {
  const all = new Set(command.pipedFrom);
  for (const from of all) for (const further of from.pipedFrom) all.add(further);
  return [...all];
}

function downloads(word: Word): boolean {
  return word.commands.some((inner) => DOWNLOAD.test(callOf(inner, new Set()).name));
}

/** Scripts that a command runs: `bash -c TEXT`, `eval TEXT`, `trap TEXT`, `bash <<EOF`. */
function scriptsIn({ name, args, command }: Call): readonly string[] {
  const unquoted = (pattern: string) => pattern.replaceAll(/\\([^])/gu, '$1');
  if (SHELL.test(name) || name === 'su') {
    const at = args.findIndex((arg) => /^-\w*c$/u.test(arg));
    const text = args[at + 1];
    if (at >= 0 && text !== undefined) return [unquoted(text)];
    const hasOperand = args.some((arg) => !arg.startsWith('-'));
    return hasOperand ? [] : command.redirections.flatMap(({ body }) => body ?? []);
  }
  if (name === 'eval') return [unquoted(args.join(' '))];
  return name === 'trap' && args[0] !== undefined ? [unquoted(args[0])] : [];
}

/** A function whose body pipes it into itself, in the background. */
function isForkBomb(name: string, following: readonly SimpleCommand[]): boolean {
  const calls = ({ words }: SimpleCommand) => words[0]?.pattern === name;
  const at = following.findIndex((command) => command.defines !== null);
  const body = following.slice(0, at < 0 ? undefined : at);
  return body.some(
    (command) => calls(command) && command.endedBy === '&' && command.pipedFrom.some(calls),
  );
}
