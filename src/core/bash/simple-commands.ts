/**
 * The simple commands of a script with their words, read in one pass and without judging syntax: `bash -n` does that. Comments, quoted text
 * the patterns of `case` and the bodies of here-documents are no commands; what stands in `$(...)`, backticks and `<(...)` is.
 */

/** A word after quotes are taken away. */
export interface Word {
  /**
   * An expansion is `${...}`, a substitution is `$()`. A character that quoting has made plain although it would mean something has a
   * backslash before it: `"~/$a*"` is `\~/${a}\*`.
   */
  readonly pattern: string;
  /** Of the command and process substitutions in it. */
  readonly commands: readonly SimpleCommand[];
}

export interface Redirection {
  /** `>`, `<<`, `&>` and so on, without a file descriptor. */
  readonly operator: string;
  readonly target: Word;
  /** Of a here-document, else null. */
  readonly body: string | null;
}

export interface SimpleCommand {
  /** Without assignments before the command, and without reserved words. */
  readonly words: readonly Word[];
  /** `NAME=value` before the command, or alone. */
  readonly assignments: readonly Word[];
  readonly redirections: readonly Redirection[];
  /** 1-based, where its first word begins. */
  readonly line: number;
  /** The commands whose output this one reads; many where a group stands before the pipe. */
  readonly pipedFrom: readonly SimpleCommand[];
  /** A function of this name begins here; then there are no words. */
  readonly defines: string | null;
  /** What ended it: `;`, `|`, `&`, `)` and so on; a newline or the end is ''. `&` also behind the group that it ends. */
  readonly endedBy: string;
}

const RESERVED = new Set([
  ...['if', 'then', 'else', 'elif', 'do', 'while', 'until', 'time', '!', '{', '}'],
  ...['fi', 'done', 'coproc'],
]);
const ASSIGNMENT = /^[A-Za-z_]\w*(?:\[[^\]]*\])?\+?=/u;
const FUNCTION = /function[ \t]+([^\s(){}]+)[ \t]*(?:\(\s*\))?/uy;
const OPENS_GROUP = /^(?:\{|if|while|until)$/u;
const CLOSES_GROUP = /^(?:\}|fi|done|esac)$/u;
const SPECIAL_IN_QUOTES = /[*?[~$\\{}]/gu;
const DEEPEST = 32;
/** Of a group before a pipe, so many of its last commands are kept. */
const MOST_PIPED = 32;
/** Characters that may be read once more, because they are not what they began as. */
const MOST_READ_AGAIN = 262_144;

/** A command while its group may still be read. */
type Found = { -readonly [Key in keyof SimpleCommand]: SimpleCommand[Key] };

interface Draft {
  words: Word[];
  assignments: Word[];
  redirections: { operator: string; target: Word; body: string | null }[];
  line: number;
}

class Scanner {
  readonly #script: string;
  readonly #found: Found[] = [];
  #at = 0;
  #line: number;
  #depth = 0;
  #readAgain = 0;
  /** What ends the innermost substitution. */
  #closer = '';
  #awaited: { delimiter: string; strip: boolean; redirection: { body: string | null } }[] = [];

  constructor(script: string, line: number) {
    this.#script = script;
    this.#line = line;
  }

  all(): readonly SimpleCommand[] {
    while (this.#at < this.#script.length) this.#list();
    return this.#found;
  }

  /** Reads commands up to the closing sign, which it takes too, or a `)` too many, or the end. */
  #list(): readonly SimpleCommand[] {
    const first = this.#found.length;
    let draft: Draft = empty();
    let pipedFrom: readonly SimpleCommand[] = [];
    let parens = 0;
    let cases = 0;
    let inPattern = false;
    /** Where the groups begin that are open, and the one that was closed last. */
    const groups: number[] = [];
    let closed: number | null = null;
    const close = (): void => {
      closed = groups.pop() ?? null;
    };
    const end = (endedBy: string, defines: string | null = null): void => {
      const { words, assignments, redirections } = draft;
      let ended: Found | null = null;
      if (words.length + assignments.length + redirections.length > 0 || defines !== null) {
        ended = { ...draft, words: defines === null ? words : [], pipedFrom, defines, endedBy };
        this.#found.push(ended);
      }
      draft = empty();
      const last = this.#found.at(-1);
      if (endedBy === '|' || endedBy === '|&') {
        const from = Math.max(closed ?? this.#found.length - 1, this.#found.length - MOST_PIPED);
        pipedFrom = this.#found.slice(Math.max(first, from));
      } else if (ended !== null) pipedFrom = [];
      if (endedBy === '&' && closed !== null && last !== undefined) last.endedBy = '&';
      closed = null;
    };
    while (this.#at < this.#script.length) {
      const char = this.#script.charAt(this.#at);
      const rest = this.#script.slice(this.#at, this.#at + 3);
      const named = char === 'f' && draft.words.length === 0 && this.#match(FUNCTION);
      const firstWord = draft.words[0]?.pattern;
      const inTest = firstWord === '[[' && draft.words.at(-1)?.pattern !== ']]';
      if (this.#closer === '`' && char === '`') {
        this.#at += 1;
        break;
      }
      if (char === '\n') {
        if (firstWord !== 'case' || draft.words.length !== 2) end('');
        this.#newline();
      } else if (char === ' ' || char === '\t' || char === '\r') {
        this.#at += 1;
      } else if (rest.startsWith('\\\n')) {
        this.#skip(2);
      } else if (char === '#') {
        this.#comment();
      } else if (inPattern) {
        const ending = this.#pattern();
        inPattern = ending === null;
        if (ending === 'esac') {
          cases -= 1;
          close();
        }
      } else if (named) {
        this.#skip(named[0].length);
        end('(', named[1] ?? '');
      } else if (
        rest.startsWith('((') &&
        (draft.words.length === 0 || (firstWord === 'for' && draft.words.length === 1)) &&
        this.#arithmetic(draft)
      ) {
        end('');
      } else if (inTest && /^(?:&&|\|\||[()<>](?!\())/u.test(rest)) {
        this.#at += /^[&|]/u.test(char) ? 2 : 1;
        while (/[ \t\n]/u.test(this.#script.charAt(this.#at))) this.#skip(1);
      } else if (char === '(') {
        const name = draft.words.length === 1 ? draft.words[0]?.pattern : undefined;
        const parentheses = name === undefined ? null : this.#match(/\(\s*\)/uy);
        if (parentheses !== null) {
          this.#skip(parentheses[0].length);
          end('(', name);
        } else {
          end('(');
          this.#at += 1;
          parens += 1;
          groups.push(this.#found.length);
        }
      } else if (char === ')') {
        end(')');
        this.#at += 1;
        if (parens > 0) {
          parens -= 1;
          close();
        } else if (cases === 0 || this.#closer === ')') break;
      } else if (/^(?:&>|[<>])/u.test(rest)) {
        if (/^[<>]\(/u.test(rest)) this.#word(draft);
        else this.#redirection(draft);
      } else if (char === ';' || char === '&' || char === '|') {
        const operator = this.#match(/;;&|;;|;&|&&|\|\||\|&|[;&|]/uy)?.[0] ?? char;
        this.#at += operator.length;
        end(operator);
        inPattern = cases > 0 && /^;[;&]/u.test(operator);
      } else {
        const reserved = this.#word(draft);
        if (reserved === 'case') cases += 1;
        if (reserved === 'esac') cases = Math.max(0, cases - 1);
        if (reserved === 'in') {
          end('');
          inPattern = true;
        }
        if (reserved === 'case' || reserved === 'for' || OPENS_GROUP.test(reserved ?? ''))
          groups.push(this.#found.length);
        else if (CLOSES_GROUP.test(reserved ?? '')) close();
      }
    }
    end('');
    return this.#found.slice(first);
  }

  /** `((…))`, if it is none of two subshells: its text becomes a word of the draft, behind `((`. */
  #arithmetic(draft: Draft): boolean {
    const start = this.#at;
    const line = this.#line;
    const commands: SimpleCommand[] = [];
    if (!this.#balanced(2, '(', '))', commands)) return false;
    if (draft.words.length + draft.assignments.length === 0) draft.line = line;
    const pattern = this.#script.slice(start + 2, this.#at - 2);
    draft.words.push({ pattern: '((', commands: [] }, { pattern, commands });
    return true;
  }

  #comment(): void {
    const lineEnd = this.#script.indexOf('\n', this.#at);
    this.#at = lineEnd < 0 ? this.#script.length : lineEnd;
  }

  /** Reads on in the pattern of a `case`: returns `)` or `esac` if that ends it here, else null. */
  #pattern(): string | null {
    const start = this.#at;
    const { pattern } = this.#readWord();
    if (this.#at > start) return pattern === 'esac' ? 'esac' : null;
    this.#at += 1;
    return this.#script.charAt(start) === ')' ? ')' : null;
  }

  /** Adds the word here to the draft; returns it if it is reserved where it stands. */
  #word(draft: Draft): string | null {
    const line = this.#line;
    const start = this.#at;
    const word = this.#readWord(draft.words.length === 0);
    if (this.#at === start) this.#at += 1;
    const { pattern } = word;
    if (/^\d+$/u.test(pattern) && /^[<>]/u.test(this.#script.charAt(this.#at))) return null;
    if (draft.words.length === 0) {
      // Their options and names are no commands.
      if (pattern === 'time') this.#take(/(?:[ \t]+-(?:p|-)(?=\s))+/uy);
      if (pattern === 'coproc') this.#take(/[ \t]+[A-Za-z_]\w*(?=[ \t]+[{(])/uy);
      if (RESERVED.has(pattern)) return pattern;
      if (pattern === 'esac') return pattern;
      if (draft.assignments.length === 0) draft.line = line;
      if (ASSIGNMENT.test(pattern)) {
        draft.assignments.push(word);
        return null;
      }
    }
    draft.words.push(word);
    const isCase = draft.words[0]?.pattern === 'case';
    if (draft.words.length === 1)
      return isCase ? 'case' : /^(?:for|select)$/u.test(pattern) ? 'for' : null;
    return isCase && draft.words.length === 3 && pattern === 'in' ? 'in' : null;
  }

  /** @param mayAssign whether `name[` begins an assignment to an element */
  #readWord(mayAssign = false): Word {
    const commands: SimpleCommand[] = [];
    let pattern = '';
    const element = mayAssign ? this.#match(/[A-Za-z_]\w*\[/uy) : null;
    if (element !== null) {
      const start = this.#at;
      if (this.#balanced(element[0].length, '[', ']', commands))
        pattern = `${element[0]}${plain(this.#script.slice(start + element[0].length, this.#at - 1))}]`;
    }
    while (this.#at < this.#script.length) {
      const char = this.#script.charAt(this.#at);
      const next = this.#script.charAt(this.#at + 1);
      if (char === '`' && this.#closer === '`') break;
      if (char === '\\') {
        if (next !== '\n') pattern += plain(next);
        this.#skip(2);
      } else if (char === "'") {
        const close = this.#script.indexOf("'", this.#at + 1);
        const text = this.#script.slice(this.#at + 1, close < 0 ? undefined : close);
        pattern += plain(text);
        this.#skip(text.length + 2);
      } else if (char === '"') {
        pattern += this.#doubleQuoted(commands);
      } else if (char === '$' || char === '`') {
        pattern += this.#expansion(commands, false);
      } else if ((char === '<' || char === '>') && next === '(' && pattern === '') {
        this.#at += 2;
        pattern += `${char}()`;
        commands.push(...this.#nested(')'));
      } else if (char === '(' && ASSIGNMENT.test(pattern) && pattern.endsWith('=')) {
        this.#at += 1;
        this.#elements();
        pattern += '()';
      } else if (/[\s;&|<>()]/u.test(char)) {
        break;
      } else {
        const run = this.#match(/[^\s;&|<>()\\'"$`]+/uy)?.[0] ?? char;
        pattern += run;
        this.#at += run.length;
      }
    }
    return { pattern, commands };
  }

  /** Of an array: words, not commands. */
  #elements(): void {
    if (!this.#deeper()) return;
    while (this.#at < this.#script.length && this.#script.charAt(this.#at) !== ')') {
      const start = this.#at;
      if (this.#script.charAt(start) === '#') this.#comment();
      else this.#readWord();
      if (this.#at === start) this.#skip(1);
    }
    this.#at += 1;
    this.#depth -= 1;
  }

  /** Whether one level more may be read; otherwise the rest of the script is given up. */
  #deeper(): boolean {
    if (this.#depth < DEEPEST) this.#depth += 1;
    else this.#at = this.#script.length;
    return this.#at < this.#script.length;
  }

  #doubleQuoted(commands: SimpleCommand[]): string {
    let pattern = '';
    this.#at += 1;
    while (this.#at < this.#script.length) {
      const char = this.#script.charAt(this.#at);
      if (char === '"') {
        this.#at += 1;
        break;
      }
      if (char === '$' || char === '`') {
        pattern += this.#expansion(commands, true);
      } else if (char === '\\') {
        const next = this.#script.charAt(this.#at + 1);
        if (next !== '\n') pattern += plain(/["$`\\]/u.test(next) ? next : `\\${next}`);
        this.#skip(2);
      } else {
        const run = this.#match(/[^"$`\\]+/uy)?.[0] ?? char;
        pattern += plain(run);
        this.#skip(run.length);
      }
    }
    return pattern;
  }

  /** @param isQuoted between double quotes, where `$'` begins nothing */
  #expansion(commands: SimpleCommand[], isQuoted: boolean): string {
    const rest = this.#script.slice(this.#at, this.#at + 3);
    if (rest.startsWith('$((') && this.#balanced(3, '(', '))', commands)) return '$()';
    if (rest.startsWith('$[') && this.#balanced(2, '[', ']', commands)) return '$()';
    if (rest.startsWith('$(') || rest.startsWith('`')) {
      this.#at += rest.startsWith('`') ? 1 : 2;
      commands.push(...this.#nested(rest.startsWith('`') ? '`' : ')'));
      return '$()';
    }
    if (rest.startsWith('${')) return this.#braced(commands);
    if (!isQuoted && rest.startsWith("$'")) {
      const text = this.#match(/\$'(?:\\[^]|[^'\\])*'?/uy)?.[0] ?? rest;
      this.#skip(text.length);
      return plain(text.slice(2, -1));
    }
    const name = this.#match(/\$([A-Za-z_]\w*|[0-9@*#?$!-])/uy);
    this.#at += name === null ? 1 : name[0].length;
    if (name === null) return !isQuoted && rest.startsWith('$"') ? '' : plain('$');
    return `\${${name[1] ?? ''}}`;
  }

  /** `${...}` as it stands, nested ones included. */
  #braced(commands: SimpleCommand[]): string {
    const start = this.#at;
    this.#at += 2;
    if (this.#script.charAt(this.#at) === '#') this.#at += 1;
    this.#within('', '}', commands);
    return this.#script.slice(start, this.#at);
  }

  /**
   * From `opening` characters on to behind the closing sign. False, and nothing is read, if it is missing, or if the last
   * of the inner signs is not followed by it.
   */
  #balanced(
    opening: number,
    open: string,
    closing: ')' | ']' | '))',
    commands: SimpleCommand[],
  ): boolean {
    if (this.#readAgain > MOST_READ_AGAIN) return false;
    const before = { at: this.#at, line: this.#line, found: this.#found.length };
    const inner: SimpleCommand[] = [];
    this.#skip(opening);
    const isClosed =
      this.#within(open, closing.charAt(0), inner) &&
      (closing.length === 1 || this.#script.charAt(this.#at) === ')');
    if (isClosed) {
      this.#at += closing.length - 1;
      commands.push(...inner);
      return true;
    }
    this.#readAgain += this.#at - before.at;
    this.#at = before.at;
    this.#line = before.line;
    this.#found.length = before.found;
    return false;
  }

  /** To behind the sign that closes what is open here; quotes and expansions are read as such. False if it is missing. */
  #within(open: string, close: string, commands: SimpleCommand[]): boolean {
    if (!this.#deeper()) return false;
    let depth = 1;
    while (depth > 0 && this.#at < this.#script.length && this.#readAgain <= MOST_READ_AGAIN) {
      const char = this.#script.charAt(this.#at);
      if (this.#closer === '`' && char === '`') break;
      if (char === '$' || char === '`') this.#expansion(commands, false);
      else if (char === '"') this.#doubleQuoted(commands);
      else if (char === "'") this.#skip((this.#match(/'[^']*'?/uy)?.[0] ?? char).length);
      else if (char === '\\') this.#skip(2);
      else {
        if (char === close) depth -= 1;
        else if (char === open) depth += 1;
        this.#skip(1);
      }
    }
    this.#depth -= 1;
    return depth === 0;
  }

  #nested(closer: string): readonly SimpleCommand[] {
    if (!this.#deeper()) return [];
    const closerBefore = this.#closer;
    this.#closer = closer;
    const awaited = this.#awaited;
    this.#awaited = [];
    const commands = this.#list();
    this.#awaited = awaited;
    this.#closer = closerBefore;
    this.#depth -= 1;
    return commands;
  }

  #redirection(draft: Draft): void {
    const operator = this.#match(/&>>|&>|<<<|<<-|<<|<>|<&|>>|>&|>\||[<>]/uy)?.[0] ?? '>';
    this.#at += operator.length;
    while (/[ \t]/u.test(this.#script.charAt(this.#at))) this.#at += 1;
    if (draft.words.length + draft.assignments.length === 0) draft.line = this.#line;
    const start = this.#at;
    const redirection = { operator, target: this.#readWord(), body: null };
    draft.redirections.push(redirection);
    if (operator === '<<' || operator === '<<-') {
      // To bash, a carriage return is a part of the word.
      const text = this.#script.slice(start, this.#at) + (this.#take(/\r(?=\n)/uy) ?? '');
      const delimiter = withoutQuotes(text);
      this.#awaited.push({ delimiter, strip: operator === '<<-', redirection });
    }
  }

  #newline(): void {
    this.#skip(1);
    for (const { delimiter, strip, redirection } of this.#awaited.splice(0)) {
      const lines: string[] = [];
      while (this.#at < this.#script.length) {
        const lineEnd = this.#script.indexOf('\n', this.#at);
        const line = this.#script.slice(this.#at, lineEnd < 0 ? undefined : lineEnd);
        this.#skip(line.length + 1);
        if ((strip ? line.replace(/^\t+/u, '') : line) === delimiter) break;
        lines.push(line);
      }
      redirection.body = lines.join('\n');
    }
  }

  /** Goes on behind what matches. @param pattern sticky */
  #take(pattern: RegExp): string | null {
    const text = this.#match(pattern)?.[0] ?? null;
    this.#skip(text?.length ?? 0);
    return text;
  }

  /** @param pattern sticky */
  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#script);
  }

  /** Goes on by `count` characters, counting lines. */
  #skip(count: number): void {
    const end = Math.min(this.#at + count, this.#script.length);
    for (; this.#at < end; this.#at++) {
      if (this.#script.charAt(this.#at) === '\n') this.#line += 1;
    }
  }
}

function empty(): Draft {
  return { words: [], assignments: [], redirections: [], line: 1 };
}

/** The delimiter of a here-document: expansions stay what they are. */
function withoutQuotes(text: string): string {
  return text.replaceAll(
    /'([^']*)'|"((?:\\[^]|[^"\\])*)"|\\([^])/gu,
    (_, single?: string, double?: string, escaped?: string) =>
      single ??
      double?.replaceAll(/\\([$`"\\])/gu, '$1') ??
      (escaped === '\n' ? '' : (escaped ?? '')),
  );
}

function plain(text: string): string {
  return text.replaceAll(SPECIAL_IN_QUOTES, String.raw`\$&`);
}

/** In the order in which they end; those of a substitution come before the command that it stands in. @param line of the first line */
export function simpleCommands(script: string, line = 1): readonly SimpleCommand[] {
  return new Scanner(script, line).all();
}
