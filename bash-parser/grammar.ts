/**
 * Bash's grammar as LALR(1) productions, one rule a line: `name: symbols [@action]`. Upper case is a token (tokens.ts),
 * lower case a rule. The shape follows the shell's own recursion (lists to the left, pipelines to the right), because
 * two things that users see depend on it: the depth at which bash gives up (10,000 stacked symbols), and the point
 * at which here-documents are read relative to an error. Redirection operators that behave alike are one terminal.
 */
export const TERMINAL_CLASSES: Readonly<Record<string, string>> = {
  LESS: 'IO',
  GREATER: 'IO',
  GREATER_GREATER: 'IO',
  GREATER_BAR: 'IO',
  LESS_GREATER: 'IO',
  LESS_LESS_LESS: 'IO',
  LESS_LESS: 'HERE',
  LESS_LESS_DASH: 'HERE',
  LESS_AND: 'DUP',
  GREATER_AND: 'DUP',
  AND_GREATER: 'BOTH',
  AND_GREATER_GREATER: 'BOTH',
};

/** From loosest to tightest, as POSIX orders the list operators. */
export const PRECEDENCE: readonly { side: 'left' | 'right'; terminals: readonly string[] }[] = [
  { side: 'left', terminals: ['AMP', 'SEMI', 'NEWLINE', 'EOF'] },
  { side: 'left', terminals: ['AND_AND', 'OR_OR'] },
  { side: 'right', terminals: ['PIPE', 'BAR_AND'] },
];

export const START = 'unit';

const prefixes = ['', 'NUMBER ', 'REDIR_VAR '];
const redirections = prefixes.flatMap((prefix) => [
  `redirection: ${prefix}IO WORD`,
  `redirection: ${prefix}HERE WORD @heredoc`,
  `redirection: ${prefix}DUP NUMBER`,
  `redirection: ${prefix}DUP WORD`,
  `redirection: ${prefix}DUP DASH`,
]);

/** `for`, `select`: a name, an optional list of words, a body in `do … done` or braces. */
const loops = ['FOR', 'SELECT'].flatMap((word) =>
  ['', 'SEMI', 'IN words end', 'IN end'].flatMap((list) => {
    const head =
      list === ''
        ? `${word} WORD newlines`
        : list === 'SEMI'
          ? `${word} WORD SEMI newlines`
          : `${word} WORD newlines ${list} newlines`;
    return [
      `${word.toLowerCase()}: ${head} DO body DONE`,
      `${word.toLowerCase()}: ${head} LBRACE body RBRACE`,
    ];
  }),
);

export const RULES: readonly string[] = [
  'unit: line unit_end @accept',
  'unit: comsub @accept',
  'unit: NEWLINE @accept',
  'unit: EOF @accept',
  'unit_end: NEWLINE',
  'unit_end: EOF',

  'words: WORD',
  'words: words WORD',
  ...redirections,
  'redirection: BOTH WORD',
  'redirections: redirection',
  'redirections: redirections redirection',

  'element: WORD @element_word',
  'element: ASSIGNMENT @element_word',
  'element: redirection @element_redirection',
  'simple: element @simple_first',
  'simple: simple element @simple_next',

  'command: simple @simple_done',
  'command: compound',
  'command: compound redirections',
  'command: function',
  'command: coproc',

  'compound: for',
  'compound: case',
  'compound: WHILE body DO body DONE',
  'compound: UNTIL body DO body DONE',
  'compound: select',
  'compound: if',
  'compound: subshell',
  'compound: group',
  'compound: arith',
  'compound: cond',
  'compound: arith_for',

  ...loops,
  'arith_for: FOR ARITH_FOR end newlines DO body DONE @arith_for',
  'arith_for: FOR ARITH_FOR end newlines LBRACE body RBRACE @arith_for',
  'arith_for: FOR ARITH_FOR DO body DONE @arith_for',
  'arith_for: FOR ARITH_FOR LBRACE body RBRACE @arith_for',

  'case: CASE WORD newlines IN newlines ESAC',
  'case: CASE WORD newlines IN clauses newlines ESAC',
  'case: CASE WORD newlines IN last_clause ESAC',
  'last_clause: clause',
  'last_clause: clauses clause',
  'clause: newlines pattern RPAREN body',
  'clause: newlines pattern RPAREN newlines',
  'clause: newlines LPAREN pattern RPAREN body',
  'clause: newlines LPAREN pattern RPAREN newlines',
  'clauses: clause SEMI_SEMI',
  'clauses: clauses clause SEMI_SEMI',
  'clauses: clause SEMI_AND',
  'clauses: clauses clause SEMI_AND',
  'clauses: clause SEMI_SEMI_AND',
  'clauses: clauses clause SEMI_SEMI_AND',
  'pattern: WORD',
  'pattern: pattern PIPE WORD',

  'function: WORD LPAREN RPAREN newlines function_body',
  'function: FUNCTION WORD LPAREN RPAREN newlines function_body',
  'function: FUNCTION WORD function_body',
  'function: FUNCTION WORD NEWLINE newlines function_body',
  'function_body: compound',
  'function_body: compound redirections',

  'subshell: LPAREN body RPAREN',
  'comsub: COMSUB_OPEN body RPAREN',
  'comsub: COMSUB_OPEN newlines RPAREN',

  'coproc: COPROC compound',
  'coproc: COPROC compound redirections',
  'coproc: COPROC WORD compound',
  'coproc: COPROC WORD compound redirections',
  'coproc: COPROC simple @simple_done',

  'if: IF body THEN body FI',
  'if: IF body THEN body ELSE body FI',
  'if: IF body THEN body elif FI',
  'elif: ELIF body THEN body',
  'elif: ELIF body THEN body ELSE body',
  'elif: ELIF body THEN body elif',

  'group: LBRACE body RBRACE',
  'arith: ARITH_CMD',
  'cond: COND_START COND_BODY COND_END',

  'body: newlines ended @body_ended',
  'body: newlines list',
  'ended: list NEWLINE newlines',
  'ended: list AMP newlines',
  'ended: list SEMI newlines',
  'list: list AND_AND newlines list',
  'list: list OR_OR newlines list',
  'list: list AMP newlines list',
  'list: list SEMI newlines list',
  'list: list NEWLINE newlines list',
  'list: pipeline',

  'end: NEWLINE @end_newline',
  'end: SEMI @end_semi',
  'end: EOF @end_eof',
  'newlines:',
  'newlines: newlines NEWLINE',

  'line: line_list @line',
  'line: line_list AMP @line',
  'line: line_list SEMI @line',
  'line_list: line_list AND_AND newlines line_list',
  'line_list: line_list OR_OR newlines line_list',
  'line_list: line_list AMP line_list',
  'line_list: line_list SEMI line_list',
  'line_list: pipeline',

  'pipeline: pipe',
  'pipeline: BANG pipeline',
  'pipeline: timing pipeline',
  'pipeline: timing end @null_command',
  'pipeline: BANG end @null_command',
  'pipe: pipe PIPE newlines pipe',
  'pipe: pipe BAR_AND newlines pipe',
  'pipe: command',
  'timing: TIME',
  'timing: TIME TIME_P',
  'timing: TIME TIME_DASHES',
  'timing: TIME TIME_P TIME_DASHES',
];
