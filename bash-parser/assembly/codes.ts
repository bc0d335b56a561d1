/** Numbers that cross into JavaScript; `src/core/bash/` holds the other side. */
export const DEAD_EXIT: i32 = 2;

export namespace Err {
  export const UNEXPECTED_TOKEN: i32 = 1;
  export const UNEXPECTED_END: i32 = 2;
  export const UNMATCHED: i32 = 3;
  export const COND_EXPECTED_PAREN: i32 = 4;
  export const COND_UNARY: i32 = 5;
  export const COND_BINARY_EXPECTED: i32 = 6;
  export const COND_BINARY_ARGUMENT: i32 = 7;
  export const COND_TOKEN: i32 = 8;
  export const COND_SYNTAX: i32 = 9;
  export const COND_UNCLOSED: i32 = 10;
  export const ARITH_FOR_FEW: i32 = 11;
  export const ARITH_FOR_MANY: i32 = 12;
  export const BINARY: i32 = 13;
  export const TOO_MANY_DOCUMENTS: i32 = 14;
  /** bash stops without a message: `[[ ]]`, or `for ((…)` not closed by `))`. */
  export const SILENT: i32 = 15;
}

/** Places where the recogniser knows that it follows bash only almost (README, "Known disagreements"). */
export namespace Doubt {
  export const REPRINTED_DOCUMENT: i32 = 1;
  export const SUBSTITUTION_IN_DELIMITER: i32 = 2;
}
