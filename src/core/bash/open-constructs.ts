/** What is still open, read off the recogniser's stack: "`if` on line 3 waits for `fi`". */
import type { OpenConstruct } from '../../contracts/syntax.ts';
import type { ParserExports } from './parser-module.ts';
import { TOKENS, type TokenName, TOKEN_TEXTS } from './tokens.ts';

/** Closing signs of the quotes and brackets of bash-parser/assembly/layout.ts, in its order. */
const QUOTES = [
  ["'", "'"],
  ["$'", "'"],
  ['"', '"'],
  ['`', '`'],
  ['${', '}'],
  ['$[', ']'],
  ['[', ']'],
  ['((', ')'],
  ['(', ')'],
] as const;

interface Draft {
  opener: string;
  line: number;
  waitsFor: string;
}

/** Constructs that a keyword opens, and what each waits for first. */
const OPENERS: Partial<Record<TokenName, string>> = {
  IF: 'then',
  WHILE: 'do',
  UNTIL: 'do',
  FOR: 'do',
  SELECT: 'do',
  CASE: 'in',
  LPAREN: ')',
  COMSUB_OPEN: ')',
  FUNCTION: 'its body',
};

/** Keywords inside a construct, and what it waits for from there on. */
const NEXT: Partial<Record<TokenName, string>> = {
  THEN: 'fi',
  ELSE: 'fi',
  ELIF: 'then',
  DO: 'done',
};

const JOINERS: readonly TokenName[] = ['AND_AND', 'OR_OR', 'PIPE', 'BAR_AND'];

/** Outermost first. */
export function openConstructs(parser: ParserExports): readonly OpenConstruct[] {
  const open: Draft[] = [];
  let joiner: Draft | null = null;
  for (let i = 0; i < parser.stackDepth(); i++) {
    const token = TOKENS[parser.stackToken(i)] ?? 'START';
    const line = parser.stackLine(i);
    const top = open.at(-1);
    if (token !== 'START' && token !== 'NEWLINE') joiner = null;
    const first = OPENERS[token];
    const next = NEXT[token];
    if (first !== undefined) open.push({ opener: TOKEN_TEXTS[token], line, waitsFor: first });
    else if (next !== undefined && top) top.waitsFor = next;
    else if (token === 'IN' && top?.opener === 'case') top.waitsFor = 'esac';
    else if (token === 'LBRACE') {
      if (top?.opener === 'function' || top?.waitsFor === 'do') top.waitsFor = '}';
      else open.push({ opener: '{', line, waitsFor: '}' });
    } else if (token === 'RPAREN' && top?.opener === '(') open.pop();
    else if (JOINERS.includes(token))
      joiner = { opener: TOKEN_TEXTS[token], line, waitsFor: 'a command' };
  }
  if (joiner) open.push(joiner);
  if (parser.condLine() > 0) open.push({ opener: '[[', line: parser.condLine(), waitsFor: ']]' });
  const quote = QUOTES[parser.quoteKind()];
  if (quote) open.push({ opener: quote[0], line: parser.quoteLine(), waitsFor: quote[1] });
  if (parser.documentLine() > 0)
    open.push({ opener: '<<', line: parser.documentLine(), waitsFor: 'its last line' });
  return open;
}
