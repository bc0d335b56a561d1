/** Finds commands that destroy data, a system or a machine's safety, so that people can be warned. It warns only: nothing is refused for it. */
import {
  type Call,
  callOf,
  callsOfFind,
  hasOption,
  operandsOf,
  withValues,
} from './called-command.ts';
import {
  hasSystemRights,
  isDevice,
  isDisk,
  kindOfPath,
  mayBeDevice,
  unsetVariable,
} from './dangerous-paths.ts';
import { runsDownload, scriptsIn } from './run-scripts.ts';
import { ScriptVariables } from './script-variables.ts';
import { simpleCommands, type SimpleCommand } from './simple-commands.ts';

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
  'permissions-root':
    'changes the owner or the rights of system files: the machine may not start again',
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

/** Tests of `find` that narrow what it finds; the first ones take a pattern. */
const FIND_NAMES = /^-(?:i?name|i?path|i?wholename|i?regex|i?lname)$/u;
const FIND_TESTS =
  /^-(?:[acm](?:time|min)|[ac]?newer\w*|size|used|user|group|uid|gid|nouser|nogroup|empty|perm|inum|samefile|fstype|links|xtype)$/u;

/** In order of lines; a rule once a line. */
export function findDangers(script: string): readonly Danger[] {
  const found = new Map<string, Danger>();
  scan(script.slice(0, MOST_CHARACTERS), 1, 0, new ScriptVariables(), (rule, line) => {
    found.set(`${line} ${rule}`, { rule, line, reason: DANGER_REASONS[rule] });
  });
  return [...found.values()].sort((a, b) => a.line - b.line);
}

type Report = (rule: DangerRule, line: number) => void;

function scan(
  script: string,
  firstLine: number,
  depth: number,
  variables: ScriptVariables,
  report: Report,
): void {
  const commands = simpleCommands(script, firstLine);
  if (/^#![^\n]*\s-\w*u/u.test(script)) variables.setNounset();
  for (const [index, command] of commands.entries()) {
    if (command.defines !== null && isForkBomb(command.defines, commands.slice(index + 1))) {
      report('fork-bomb', command.line);
    }
    const call = callOf(command, variables.values);
    variables.note(call);
    const calls = call.name === 'find' ? [call, ...callsOfFind(call, variables.values)] : [call];
    for (const rule of calls.flatMap((each) => rulesOf(each, variables)))
      report(rule, command.line);
    for (const rule of rulesOfRedirections(command, variables)) report(rule, command.line);
    variables.leave(command);
    if (depth === DEEPEST) continue;
    for (const { text, operands } of calls.flatMap(scriptsIn)) {
      const inner = new ScriptVariables(variables);
      if (operands !== null) inner.setArguments(operands);
      scan(text, command.line, depth + 1, inner, report);
    }
  }
}

function rulesOf(call: Call, variables: ScriptVariables): readonly DangerRule[] {
  const { name, args } = call;
  if (args.some((arg) => arg === '--help' || arg === '--version')) return [];
  const targets = operandsOf(args);
  const rules: (DangerRule | null)[] = [];
  if (name === 'rm') rules.push(...removals(call, variables));
  else if (name === 'find') rules.push(findRule(call, variables));
  else if (/^(?:chmod|chown|chgrp)$/u.test(name)) rules.push(permissionRule(name, args));
  else if (name === 'shred') {
    if (targets.some(isDisk)) rules.push('wipe-disk');
    else if (targets.length > 0 || call.isThroughXargs) rules.push('shred');
  } else if (name === 'mv' && targets.at(-1) === '/dev/null') rules.push('move-to-null');
  else if (name === 'tee' || name === 'cp' || name === 'mv') {
    const written = name === 'tee' ? targets : targets.slice(-1);
    rules.push(written.some(isDisk) ? 'write-device' : null);
  } else if (name === 'dd') {
    const isOver = args.some((arg) => arg.startsWith('of=') && isDevice(arg.slice(3)));
    rules.push(isOver ? 'dd-device' : null);
  } else if (/^(?:mkfs|mke2fs|mkswap|mkntfs|mkdosfs|newfs)\b/u.test(name))
    rules.push(args.some(mayBeDevice) ? 'make-filesystem' : null);
  else if (wipesDisk(name, args, targets)) rules.push('wipe-disk');
  if (runsDownload(call)) rules.push('pipe-to-shell');
  return rules.filter((rule) => rule !== null);
}

function rulesOfRedirections(
  { redirections }: SimpleCommand,
  { values }: ScriptVariables,
): readonly DangerRule[] {
  return redirections.some(
    ({ operator, target }) => operator.includes('>') && isDisk(withValues(target.pattern, values)),
  )
    ? ['write-device']
    : [];
}

function wipesDisk(name: string, args: readonly string[], targets: readonly string[]): boolean {
  switch (name) {
    case 'wipefs':
      return hasOption(args, /[ao]/u, '--all') && !hasOption(args, /n/u, '--no-act');
    case 'blkdiscard':
      return true;
    case 'sgdisk':
      return hasOption(args, /[zZo]/u, '--zap-all') || args.includes('--clear');
    case 'parted':
      return targets.includes('mklabel') || targets.includes('mktable');
    case 'badblocks':
      return hasOption(args, /w/u, '') && targets.some(mayBeDevice);
    case 'cryptsetup':
      return (
        targets.some((target) => /^(?:luksFormat|luksErase|erase)$/u.test(target)) &&
        targets.some(mayBeDevice)
      );
    default:
      return false;
  }
}

function permissionRule(name: string, args: readonly string[]): DangerRule | null {
  if (!hasOption(args, /R/u, '--recursive')) return null;
  // `chmod -x`: a mode that looks like an option.
  const isGiven =
    args.some((arg) => arg.startsWith('--reference')) ||
    (name === 'chmod' && args.some((arg) => /^-[rwxXst]+$/u.test(arg)));
  const places = operandsOf(args).slice(isGiven ? 0 : 1);
  return places.some(hasSystemRights) ? 'permissions-root' : null;
}

const REMOVALS = { root: 'rm-root', home: 'rm-home', system: 'rm-system' } as const;

function removals(call: Call, variables: ScriptVariables): readonly (DangerRule | null)[] {
  const { args, command, isThroughXargs } = call;
  const rules: (DangerRule | null)[] = [];
  if (isThroughXargs)
    for (const from of command.pipedFrom) {
      const found = callOf(from, variables.values);
      if (found.name === 'find' && findsAll(found, variables)) rules.push('find-delete');
    }
  if (!hasOption(args, /[rR]/u, '--recursive')) return rules;
  for (const target of operandsOf(args)) {
    const kind = kindOfPath(variables.placed(target));
    const variable = unsetVariable(target);
    if (kind !== null) rules.push(REMOVALS[kind]);
    else if (variable !== null && variables.mayBeEmpty(variable)) rules.push('rm-unset');
  }
  return rules;
}

function findRule(call: Call, variables: ScriptVariables): DangerRule | null {
  const deletes =
    call.args.includes('-delete') ||
    callsOfFind(call, variables.values).some(({ name }) => name === 'rm');
  return deletes && findsAll(call, variables) ? 'find-delete' : null;
}

/** Whether it finds everything below a place that is needed. */
function findsAll(call: Call, variables: ScriptVariables): boolean {
  const { args } = call;
  let at = 0;
  while (/^-(?:[HLP]|O\d?|D)$/u.test(args[at] ?? '')) at += args[at] === '-D' ? 2 : 1;
  const end = args.findIndex((arg, index) => index >= at && /^[-(!]/u.test(arg));
  const places = args.slice(at, end < 0 ? undefined : end);
  if (places.length === 0) places.push('.');
  return (
    places.some((place) => kindOfPath(variables.placed(place)) !== null) &&
    !isNarrowed(call, variables)
  );
}

function isNarrowed(call: Call, { values }: ScriptVariables): boolean {
  const { args } = call;
  if (callsOfFind(call, values).some(({ name }) => /^(?:test|\[|grep|file)$/u.test(name)))
    return true;
  return args.some((arg, at) => {
    if (args[at + 2] === '-prune') return false;
    if (!FIND_NAMES.test(arg)) return FIND_TESTS.test(arg);
    // All but one of them, or of any name: that is nearly everything.
    return !/^(?:!|-not)$/u.test(args[at - 1] ?? '') && args[at + 1]?.replaceAll('\\', '') !== '*';
  });
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
