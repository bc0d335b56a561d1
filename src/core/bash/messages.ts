/** bash's messages, rebuilt from the numbers that the recogniser keeps about the first error. */
import type { ParserExports } from './parser-module.ts';
import { TOKENS, TOKEN_TEXTS } from './tokens.ts';
import { decode } from './utf8.ts';

/** Error numbers of bash-parser/assembly/codes.ts. */
const KIND = {
  unexpectedToken: 1,
  unexpectedEnd: 2,
  unmatched: 3,
  condExpectedParen: 4,
  condUnary: 5,
  condBinaryExpected: 6,
  condBinaryArgument: 7,
  condToken: 8,
  condSyntax: 9,
  condUnclosed: 10,
  arithForFew: 11,
  arithForMany: 12,
  binary: 13,
  tooManyDocuments: 14,
  silent: 15,
} as const;

/** The text of the token at the first error, or '' where bash does not name it. */
function tokenText(parser: ParserExports): string {
  const name = TOKENS[parser.errorToken()] ?? 'START';
  const fixed = TOKEN_TEXTS[name];
  if (fixed !== '') return fixed;
  const bytes = new Uint8Array(parser.memory.buffer, parser.errorTextAt(), parser.errorTextBytes());
  const text = decode(bytes);
  return name === 'ARITH_CMD' || name === 'ARITH_FOR' ? text.replace(/\)$/, '') : text;
}

/** A token as bash quotes it in a message: control characters in the form of $'…'. */
function quoted(text: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are the point
  if (!/[\u0000-\u001f\u007f]/.test(text)) return text;
  const names: Readonly<Record<string, string>> = {
    '\u0007': '\\a',
    '\b': '\\b',
    '\u001b': '\\E',
    '\f': '\\f',
    '\n': '\\n',
    '\r': '\\r',
    '\t': '\\t',
    '\v': '\\v',
  };
  // eslint-disable-next-line no-control-regex -- as above
  const body = text.replace(/[\\']/g, '\\$&').replace(/[\u0000-\u001f\u007f]/g, (c) => {
    return names[c] ?? `\\${c.charCodeAt(0).toString(8).padStart(3, '0')}`;
  });
  return `$'${body}'`;
}

/** The message of the first error; bash itself says nothing where it stops silently, so a sentence of ours stands there. */
export function errorMessage(parser: ParserExports): string {
  const kind = parser.errorKind();
  const text = tokenText(parser);
  const words = ['WORD', 'ASSIGNMENT', 'NUMBER', 'REDIR_VAR', 'COND_BODY', 'BROKEN'];
  // Inside [[ ]] bash knows the names of operators only.
  const operator = words.includes(TOKENS[parser.errorToken()] ?? '') ? '' : text;
  switch (kind) {
    case KIND.unexpectedToken:
      return `syntax error near unexpected token \`${quoted(text)}'`;
    case KIND.unexpectedEnd:
      return 'syntax error: unexpected end of file';
    case KIND.unmatched:
      return `unexpected EOF while looking for matching \`${String.fromCharCode(parser.errorChar())}'`;
    case KIND.condExpectedParen:
      return operator ? `unexpected token \`${operator}', expected \`)'` : "expected `)'";
    case KIND.condUnary:
      return operator
        ? `unexpected argument \`${operator}' to conditional unary operator`
        : 'unexpected argument to conditional unary operator';
    case KIND.condBinaryExpected:
      return operator
        ? `unexpected token \`${operator}', conditional binary operator expected`
        : 'conditional binary operator expected';
    case KIND.condBinaryArgument:
      return operator
        ? `unexpected argument \`${operator}' to conditional binary operator`
        : 'unexpected argument to conditional binary operator';
    case KIND.condToken:
      return `unexpected token \`${operator}' in conditional command`;
    case KIND.condSyntax:
      return operator
        ? `syntax error in conditional expression: unexpected token \`${operator}'`
        : 'syntax error in conditional expression';
    case KIND.condUnclosed:
      return "unexpected EOF while looking for `]]'";
    case KIND.arithForFew:
      return 'syntax error: arithmetic expression required';
    case KIND.arithForMany:
      return "syntax error: `;' unexpected";
    case KIND.binary:
      return 'cannot execute binary file';
    case KIND.tooManyDocuments:
      return 'maximum here-document count exceeded';
    default:
      return 'bash stops reading here without a message';
  }
}
