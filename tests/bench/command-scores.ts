/** The measures of answers against their references; the same as model/eval/metrics.py, with which it shares test cases. */

export interface AnsweredRow {
  readonly request: string;
  readonly answer: string;
  readonly reference: string;
  /** Whether `bash -n` accepts the answer; an empty one does not pass. */
  readonly passesBashN: boolean;
}

/** Shares in [0, 1], `charBleu*` in [0, 100]. */
export interface CommandScores {
  readonly rows: number;
  readonly exact: number;
  readonly normalisedExact: number;
  readonly firstUtility: number;
  readonly charBleu: number;
  /** Against every reference that the set has for the same request. */
  readonly charBleuAllReferences: number;
  readonly passesBashN: number;
}

const ASSIGNMENT = /^[A-Za-z_][A-Za-z0-9_]*\+?=/u;
const LONGEST_GRAM = 4;

export function scoreCommands(rows: readonly AnsweredRow[]): CommandScores {
  const byRequest = new Map<string, string[]>();
  for (const { request, reference } of rows) {
    byRequest.set(request, [...(byRequest.get(request) ?? []), reference]);
  }
  const share = (hit: (row: AnsweredRow) => boolean): number =>
    rows.filter(hit).length / rows.length;
  const answers = rows.map(({ answer }) => answer);
  return {
    rows: rows.length,
    exact: share(({ answer, reference }) => answer === reference),
    normalisedExact: share(({ answer, reference }) => normalised(answer) === normalised(reference)),
    firstUtility: share(
      ({ answer, reference }) => firstUtility(answer) === firstUtility(reference),
    ),
    charBleu: charBleu(
      answers,
      rows.map(({ reference }) => [reference]),
    ),
    charBleuAllReferences: charBleu(
      answers,
      rows.map(({ request }) => byRequest.get(request) ?? []),
    ),
    passesBashN: share(({ passesBashN }) => passesBashN),
  };
}

/** Both kinds of quote made alike, runs of blanks made one space, no blanks at the ends. */
export function normalised(command: string): string {
  return wordsOf(command.replaceAll("'", '"')).join(' ');
}

/** The first word that is a command: opening parentheses, braces, `!` and assignments before it are passed over. */
export function firstUtility(command: string): string {
  const words = wordsOf(command);
  while (words.length > 0) {
    let word = (words.shift() ?? '').replace(/^\(+/u, '');
    if (word === '' || word === '{' || word === '!') continue;
    if (!ASSIGNMENT.test(word)) return word.replace(/;+$/u, '');
    // An assignment whose value is quoted with blanks ends where its quote does.
    while (!quotesClose(word) && words.length > 0) word += ` ${words.shift() ?? ''}`;
  }
  return '';
}

/** Corpus BLEU over characters, up to four in a row, uniform weights, no smoothing (Papineni et al. 2002). */
export function charBleu(
  answers: readonly string[],
  references: readonly (readonly string[])[],
): number {
  const matched = new Array<number>(LONGEST_GRAM).fill(0);
  const total = new Array<number>(LONGEST_GRAM).fill(0);
  let answerLength = 0;
  let referenceLength = 0;
  for (const [index, text] of answers.entries()) {
    const answer = Array.from(text);
    const others = (references[index] ?? []).map((reference) => Array.from(reference));
    answerLength += answer.length;
    referenceLength += nearestLength(answer.length, others);
    for (let size = 1; size <= LONGEST_GRAM; size++) {
      const most = new Map<string, number>();
      for (const other of others) {
        for (const [gram, count] of gramsOf(other, size)) {
          most.set(gram, Math.max(count, most.get(gram) ?? 0));
        }
      }
      for (const [gram, count] of gramsOf(answer, size)) {
        matched[size - 1] = (matched[size - 1] ?? 0) + Math.min(count, most.get(gram) ?? 0);
        total[size - 1] = (total[size - 1] ?? 0) + count;
      }
    }
  }
  if (matched.includes(0)) return 0;
  const precision =
    matched.reduce((sum, count, at) => sum + Math.log(count / (total[at] ?? NaN)), 0) /
    LONGEST_GRAM;
  return 100 * Math.exp(precision + Math.min(0, 1 - referenceLength / answerLength));
}

function wordsOf(text: string): string[] {
  return text.split(/\s+/u).filter((word) => word !== '');
}

/** Whether quotes and backslashes of a POSIX shell word are complete. */
function quotesClose(word: string): boolean {
  return /^(?:\\.|'[^']*'|"(?:\\.|[^"\\])*"|[^\\'"])*$/su.test(word);
}

function nearestLength(length: number, others: readonly (readonly string[])[]): number {
  const byDistance = others
    .map((other) => other.length)
    .toSorted((a, b) => Math.abs(a - length) - Math.abs(b - length) || a - b);
  return byDistance[0] ?? 0;
}

function gramsOf(text: readonly string[], size: number): ReadonlyMap<string, number> {
  const grams = new Map<string, number>();
  for (let at = 0; at + size <= text.length; at++) {
    const gram = text.slice(at, at + size).join('');
    grams.set(gram, (grams.get(gram) ?? 0) + 1);
  }
  return grams;
}
