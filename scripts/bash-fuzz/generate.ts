/** Scripts made from bash's grammar: mostly valid, with the odd spacing and nesting that real ones rarely show. */
import type { Random } from './random.ts';

const NAMES = [
  'a',
  'x',
  'foo',
  '_b1',
  'if',
  'do',
  'in',
  'esac',
  'time',
  'declare',
  'local',
  'let',
  'eval',
  'export',
];
const PLAIN = [
  'a',
  'b',
  'foo',
  '-f',
  '-n',
  '1',
  '22',
  '=',
  '==',
  '!=',
  '=~',
  '!',
  '{',
  '}',
  '[',
  ']',
  '[[',
  ']]',
  '-p',
  '--',
  'x=1',
  'in',
  'do',
  'done',
  'fi',
  'then',
  'esac',
  'case',
  'for',
  'time',
  'coproc',
  'function',
  'select',
  '#c',
  'a#b',
  '*',
  '?',
  '~',
  '%',
  '@',
  '+',
  ':',
  ',',
  '-eq',
  '-nt',
  '{fd}',
  '2',
  '{a,b}',
  '\\\n',
  '\r',
  'é',
];

/** Unary tests of `[[ ]]`, and one that is none. */
const UNARY_LETTERS = Array.from('abcdefghknoprstuvwxzGLOSNRq');

/** Makes one script; `depth` bounds the nesting. */
export class Generator {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  script(): string {
    const lines = 1 + this.#random.below(3);
    let text = this.#random.chance(3) ? '#!/bin/bash\n' : '';
    for (let i = 0; i < lines; i++)
      text +=
        this.#list(1 + this.#random.below(3)) +
        this.#random.pick(['\n', '\n', '\n', ';\n', ' &\n', '\n\n', ' # c\n', '']);
    return text;
  }

  #gap(): string {
    return this.#random.pick([' ', ' ', ' ', '  ', '\t', ' \\\n', '']);
  }

  #newlines(): string {
    return this.#random.pick([' ', ' ', '\n', '\n\n', ' # c\n', ' \\\n ', '']);
  }

  #list(depth: number): string {
    let text = this.#pipeline(depth);
    for (let i = this.#random.below(3); i > 0; i--)
      text +=
        this.#random.pick([';', ';', '&', '&&', '||', '\n', ';\n', ' ; ', '&&\n', '||\n', ' &']) +
        this.#newlines() +
        this.#pipeline(depth);
    return text;
  }

  #pipeline(depth: number): string {
    let text = this.#random.pick([
      '',
      '',
      '',
      '',
      '',
      '! ',
      'time ',
      'time -p ',
      'time -- ',
      '! ! ',
    ]);
    text += this.#command(depth);
    for (let i = this.#random.below(5); i > 3; i--)
      text +=
        this.#gap() + this.#random.pick(['|', '|&', '|\n']) + this.#gap() + this.#command(depth);
    return text;
  }

  #body(depth: number): string {
    return (
      this.#newlines() +
      this.#list(depth - 1) +
      this.#random.pick([';', ';', '\n', ' &', '; ', '\n # x\n', ''])
    );
  }

  #command(depth: number): string {
    if (depth <= 0 || this.#random.chance(45)) return this.#simple(depth);
    const body = (): string => this.#body(depth);
    const random = this.#random;
    const word = (): string => this.#word(depth - 1);
    const redirections = random.chance(15) ? ` ${this.#redirection(depth)}` : '';
    const loopBody = (): string =>
      random.pick([`do ${body()} done`, `do ${body()}done`, `{ ${body()} }`, `do\n${body()} done`]);
    switch (random.below(18)) {
      case 0:
        return `if ${body()} then ${body()} fi${redirections}`;
      case 1:
        return `if ${body()} then ${body()} else ${body()} fi`;
      case 2:
        return `if ${body()} then ${body()} elif ${body()} then ${body()}${random.pick(['', `else ${body()}`])} fi`;
      case 3:
        return `${random.pick(['while', 'until'])} ${body()} do ${body()} done${redirections}`;
      case 4:
        return `${random.pick(['for', 'select'])} ${random.pick(NAMES)}${random.pick([' ', '\n', ' \n', ';', '; '])}${loopBody()}`;
      case 5:
        return `${random.pick(['for', 'select'])} ${random.pick(NAMES)}${this.#newlines()} in ${word()} ${random.pick(['', word()])}${random.pick([';', '\n', ';\n', '\n\n', ' ; '])}${loopBody()}`;
      case 6:
        return `for ((${this.#arith(depth)};${this.#arith(depth)};${this.#arith(depth)}))${random.pick(['', ';', '\n', ' '])} ${loopBody()}`;
      case 7:
        return `( ${body()} )${redirections}`;
      case 8:
        return `{ ${body()} }${redirections}`;
      case 9:
        return this.#case(depth);
      case 10:
        return `[[ ${this.#cond(depth)} ]]`;
      case 11:
        return `((${this.#arith(depth)}))`;
      case 12:
        return `${random.pick([`${random.pick(NAMES)}()`, `${random.pick(NAMES)} ( )`, `function ${random.pick(NAMES)}`, `function ${random.pick(NAMES)} ()`])}${random.pick([' ', '\n', ''])}${random.pick([`{ ${body()} }`, `( ${body()} )`, this.#command(depth - 1)])}${redirections}`;
      case 13:
        return `coproc ${random.pick(['', `${random.pick(NAMES)} `])}${this.#command(depth - 1)}`;
      case 14:
        return `((${this.#list(depth - 1)}) ${random.pick(['', ';', '|', '&&'])} ${this.#list(depth - 1)})`;
      case 15:
        return `(${body()})`;
      case 16: {
        // Parentheses that are read twice, with some in a substitution that are not.
        const inner = random.pick([
          `((${this.#arith(depth)}))`,
          `for ((;${this.#arith(depth)};)) ${loopBody()}`,
          `((${this.#list(depth - 1)}) ${random.pick(['', ';'])} b)`,
        ]);
        return `((a $(${random.pick(['', ' ', 'b; '])}${inner}${random.pick(['', ' ', '; b'])})${random.pick(['', ' '])}); b)`;
      }
      default:
        return this.#simple(depth);
    }
  }

  #case(depth: number): string {
    const random = this.#random;
    let text = `case ${this.#word(depth - 1)}${this.#newlines()} in${this.#newlines()} `;
    for (let i = random.below(3); i > 0; i--)
      text += `${random.pick(['', '('])}${this.#word(depth - 1)}${random.pick(['', '', `|${this.#word(0)}`, ' | b'])})${random.pick(['', this.#body(depth), ' '])}${random.pick([';;', ';;', ';&', ';;&', '\n;;\n', ' ;; '])}${this.#newlines()}`;
    if (random.chance(20)) text += `${this.#word(0)})${this.#body(depth)}`;
    return `${text} esac`;
  }

  #cond(depth: number): string {
    const random = this.#random;
    const word = (): string => this.#word(depth - 1);
    switch (random.below(12)) {
      case 0:
        return word();
      case 1:
        return `-${random.pick(UNARY_LETTERS)} ${word()}`;
      case 2:
        return `${word()} ${random.pick(['=', '==', '!='])} ${random.pick([word(), '@(a|b)*', '+([0-9])', '!(x)', '?(a)b', '*(a b)'])}`;
      case 3:
        return `${word()} =~ ${random.pick([word(), '^(a b)$', 'a|b', '(a)|b', '[[:space:]]', '\\(', '(a(b)c)', 'a{1,2}', '"("'])}`;
      case 4:
        return `${word()} ${random.pick(['-eq', '-ne', '-lt', '-le', '-gt', '-ge', '-nt', '-ot', '-ef', '<', '>', '-a', '-xx'])} ${word()}`;
      case 5:
        return `! ${this.#cond(depth)}`;
      case 6:
        return `( ${this.#cond(depth)} )`;
      case 7:
        return `(${this.#cond(depth)})`;
      case 8:
      case 9:
        return `${this.#cond(depth)} ${random.pick(['&&', '||'])}${this.#newlines()} ${this.#cond(depth - 1)}`;
      case 10:
        return `\n${this.#cond(depth)}\n`;
      default:
        return `${word()}<${word()}`;
    }
  }

  #arith(depth: number): string {
    const random = this.#random;
    const parts = [
      () =>
        random.pick([
          '',
          '1',
          'x',
          'x++',
          'i<3',
          '1 + 2',
          '"a"',
          "'b'",
          ' a[1] ',
          '`a`',
          '\\)',
          'a;b',
          '$x',
          '${x}',
          '$#',
          '#',
          '1,2',
        ]),
      () => `(${this.#arith(depth - 1)})`,
      () => `$((${this.#arith(depth - 1)}))`,
      () => `$(${this.#list(depth - 1)})`,
      () => `\${${this.#parameter(depth - 1)}}`,
    ];
    return depth <= 0 || random.chance(60)
      ? (parts[0] as () => string)()
      : random.pick(parts)() + random.pick(['', '+', ' ', '\n']) + random.pick(parts)();
  }

  #parameter(depth: number): string {
    const random = this.#random;
    return (
      random.pick(['x', '#x', '!x', 'x[1]', 'x[@]', '@', '#', '-', '']) +
      random.pick(['', ':-', '-', '+', '%', '##', '/', '//', '^', ':', '@', '=', ' ']) +
      random
        .pick([
          '',
          this.#word(depth),
          '"',
          "'a'",
          '(',
          ')',
          '}',
          '{',
          '\n',
          '$',
          'a b',
          ' # c',
          '<(a)',
          '`b`',
        ])
        .replace(/^["`]$/, '""')
    );
  }

  #word(depth: number): string {
    let text = '';
    for (let i = 1 + this.#random.below(2); i > 0; i--) text += this.#piece(depth);
    return text;
  }

  #piece(depth: number): string {
    const random = this.#random;
    if (depth <= 0 || random.chance(55)) return random.pick(PLAIN);
    switch (random.below(17)) {
      case 0:
        return `'${random.pick(['', 'a', '"', '\\', '$(', '\n', '`', '#'])}'`;
      case 1:
        return `"${random.pick(['', 'a', "'", '\\"', '\\$', '$', '\n', '\\\\', '#', '$$', '$"'])}${random.pick(['', this.#expansion(depth)])}"`;
      case 2:
        return `$'${random.pick(['a', "\\'", '"', '\\\\', '\n'])}'`;
      case 3:
        return `$"${random.pick(['a', '\\"', "'", '$x'])}"`;
      case 4:
        return `\`${random.pick(['a', '\\`', '(', '"', 'if', "'", '$(', '#', '\n'])}\``;
      case 5:
        return `\\${random.pick(['a', '"', "'", '`', '\\', '\n', ' ', '$', '(', ')', ';', '#'])}`;
      case 6:
        return `$${random.pick(['x', '1', '@', '*', '#', '?', '-', '$', '!', '0', '', "'a'"])}`;
      case 7:
        return `${random.pick(['<', '>'])}(${this.#body(depth)})`;
      case 8:
        return `@(${random.pick(['a', 'a|b', ''])})`;
      case 9:
        return `$[${this.#arith(depth - 1)}]`;
      default:
        return this.#expansion(depth);
    }
  }

  #expansion(depth: number): string {
    const random = this.#random;
    switch (random.below(6)) {
      case 0:
      case 1:
        return `$(${random.pick(['', ' ', '\n', ' '])}${random.chance(90) ? this.#list(depth - 1) : ''}${random.pick(['', ' ', '\n', ';', '&'])})`;
      case 2:
        return `$((${this.#arith(depth - 1)}))`;
      case 3:
        return `$((${this.#list(depth - 1)}) )`;
      default:
        return `\${${this.#parameter(depth - 1)}}`;
    }
  }

  #redirection(depth: number): string {
    const random = this.#random;
    const prefix = random.pick(['', '', '', '2', '{fd}', '{a[1]}', '10', '99999999999']);
    if (random.chance(25)) return this.#document(prefix);
    return `${prefix}${random.pick(['>', '<', '>>', '>|', '<>', '<&', '>&', '&>', '&>>', '<<<'])}${random.pick(['', ' '])}${random.pick(['1', '-', 'f', '2-', this.#word(depth - 1)])}`;
  }

  /** A here-document is only well placed by luck: its body follows at once, wherever the line ends. */
  #document(prefix: string): string {
    const random = this.#random;
    const delimiter = random.pick(['E', "'E'", '"E"', '\\E', 'E F', "''", '$x', 'E"F"', '$(a)']);
    const end = delimiter.replace(/['"\\]/g, '');
    const dash = random.pick(['', '', '-']);
    const rest = random.pick(['', ' | b', ' && c', ' ; }', ')', ' ) d', ' # c', ' \\\n x']);
    return `${prefix}<<${dash}${random.pick(['', ' '])}${delimiter}${rest}\n${random.pick(['', 'text\n', '$(\n', 'x\\\n', `${end}x\n`, `${end})y\n`, '\t'])}${random.pick([end, end, `\t${end}`, `${end})`, ''])}\n`;
  }

  #simple(depth: number): string {
    const random = this.#random;
    let text = '';
    for (let i = random.below(3); i > 1; i--) text += `${this.#assignment(depth)} `;
    if (random.chance(12)) text += `${this.#redirection(depth)} `;
    text += random.pick([
      'echo',
      'a',
      ':',
      'declare',
      'local',
      'let',
      'eval',
      this.#word(depth - 1),
      this.#assignment(depth),
    ]);
    for (let i = random.below(3); i > 0; i--)
      text +=
        this.#gap() +
        random.pick([
          this.#word(depth - 1),
          this.#word(depth - 1),
          this.#word(depth - 1),
          this.#redirection(depth),
          this.#assignment(depth),
        ]);
    return text;
  }

  #assignment(depth: number): string {
    const random = this.#random;
    const left = `${random.pick(NAMES)}${random.pick(['', '', `[${this.#arith(depth - 1)}]`, '[$(a)]', '["x y"]', '[a b]'])}${random.pick(['=', '=', '+='])}`;
    return (
      left +
      random.pick([
        this.#word(depth - 1),
        '',
        `(${this.#elements(depth)})`,
        `(${this.#elements(depth)})${random.pick(['', 'x', '(a)'])}`,
      ])
    );
  }

  #elements(depth: number): string {
    const random = this.#random;
    let text = '';
    for (let i = random.below(4); i > 0; i--)
      text +=
        random.pick(['', `[${this.#arith(depth - 1)}]=`, '[x]+=', '[a b]=']) +
        random.pick([this.#word(depth - 1), this.#word(depth - 1), '(a)', '#c\n', '\\"', "'a'"]) +
        random.pick([' ', '\n', '\t', ' \\\n']);
    return text;
  }
}
