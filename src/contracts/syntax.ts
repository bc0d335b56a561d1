/**
 * What bash itself would say about a script: the verdict of GNU bash 5.2 `bash -n FILE`, as data that crosses threads,
 * the disk and the network.
 */

/**
 * `valid`: `bash -n` exits with 0. `empty`: it does, but there is no command at all. `unchecked`: a limit was met
 * before the verdict was known; never to be counted as invalid.
 */
export type SyntaxResult = 'valid' | 'invalid' | 'empty' | 'unchecked';

/** The first error, as bash reports it. */
export interface SyntaxProblem {
  /** 1-based, the line in bash's message. */
  readonly line: number;
  /** 1-based, in UTF-16 code units; 1 where bash names a line on which the cause does not lie. */
  readonly column: number;
  /** In bash's words, without file name and line: "syntax error near unexpected token `fi'". */
  readonly message: string;
  /** Where the cause lies: 0-based, in UTF-16 code units of a string, in bytes of a byte array. */
  readonly offset: number;
}

/** A construct that was begun and not ended. */
export interface OpenConstruct {
  /** The word or sign that began it: `if`, `{`, `$(`, `"`, `<<`. */
  readonly opener: string;
  /** 1-based. */
  readonly line: number;
  /** What would let it go on: `then`, `fi`, `}`, `"`; for a here-document, `its last line`. */
  readonly waitsFor: string;
}

/** bash warns of these, and goes on. */
export interface SyntaxWarning {
  /** 1-based, the line in bash's message. */
  readonly line: number;
  /** "here-document at line 1 delimited by end-of-file (wanted `EOF')" */
  readonly message: string;
}

export interface SyntaxVerdict {
  readonly result: SyntaxResult;
  /** Also set on a valid script where bash printed an error, stopped reading, and still exited with 0. */
  readonly problem: SyntaxProblem | null;
  /** Outermost first; what was open where reading ended. */
  readonly open: readonly OpenConstruct[];
  readonly warnings: readonly SyntaxWarning[];
  /** A sentence for people where the result alone would mislead: bash stopped early, or a limit was met. */
  readonly note: string | null;
}

/**
 * How a script's beginning stands. `viable`: some continuation is valid. `complete`: it is valid if it ends here.
 * `dead`: no continuation is valid. `unchecked`: a limit of the recogniser was met.
 */
export type PrefixState = 'viable' | 'complete' | 'dead' | 'unchecked';
