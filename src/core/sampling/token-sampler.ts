/**
 * Draws tokens from logits: repetition penalty, then temperature, top-k, top-p and min-p, in that order.
 * After a draw, further candidates of the same distribution can be drawn (without replacement), which is how a
 * grammar refuses a token without distorting the rest.
 */
import type { GenerationParameters } from '../../contracts/generation.ts';
import type { Random } from './random.ts';

export type SamplingParameters = Pick<
  GenerationParameters,
  'temperature' | 'top_k' | 'top_p' | 'min_p' | 'repetition_penalty'
>;

/** How many of the latest tokens the repetition penalty looks at; llama.cpp's default too. */
export const REPETITION_WINDOW = 64;

export class TokenSampler {
  readonly #parameters: SamplingParameters;
  readonly #random: Random;
  #logits: Float32Array = new Float32Array(0);
  /** Candidates, likeliest first, with their unnormalised probabilities. Empty while greedy. */
  #ids: number[] = [];
  #weights: number[] = [];
  #refused = new Set<number>();

  constructor(parameters: SamplingParameters, random: Random) {
    this.#parameters = parameters;
    this.#random = random;
  }

  /**
   * Takes the logits of one position; `next` draws from them until the next `begin`.
   * @param logits Float32Array of [vocab]; changed in place by the repetition penalty, and kept until the next call.
   * @param recentTokens the latest tokens of prompt and text, latest last; at most REPETITION_WINDOW of them count.
   */
  begin(logits: Float32Array, recentTokens: readonly number[]): void {
    this.#logits = logits;
    this.#refused.clear();
    this.#ids = [];
    this.#weights = [];
    penaliseRepetition(logits, recentTokens, this.#parameters.repetition_penalty);
    if (this.#parameters.temperature > 0) this.#fillCandidates();
  }

  /**
   * Draws a token that has not been drawn since `begin`.
   * Once the filtered distribution is used up it goes on with the likeliest of the rest; -1 when no token is left.
   */
  next(): number {
    const drawn = this.#ids.length > 0 ? this.#drawCandidate() : this.#likeliestLeft();
    if (drawn >= 0) this.#refused.add(drawn);
    return drawn;
  }

  #drawCandidate(): number {
    let total = 0;
    for (const weight of this.#weights) total += weight;
    let left = this.#random.next() * total;
    let index = 0;
    while (index < this.#ids.length - 1 && left >= (this.#weights[index] ?? 0)) {
      left -= this.#weights[index] ?? 0;
      index += 1;
    }
    const token = this.#ids[index] ?? -1;
    this.#ids.splice(index, 1);
    this.#weights.splice(index, 1);
    return token;
  }

  #likeliestLeft(): number {
    const logits = this.#logits;
    let best = -1;
    let bestLogit = -Infinity;
    for (let token = 0; token < logits.length; token++) {
      const logit = logits[token] as number;
      if (logit > bestLogit && !this.#refused.has(token)) {
        best = token;
        bestLogit = logit;
      }
    }
    return best;
  }

  #fillCandidates(): void {
    const { temperature, top_k, top_p, min_p } = this.#parameters;
    const ids = likeliest(this.#logits, top_k === 0 ? this.#logits.length : top_k);
    const maxLogit = this.#logits[ids[0] ?? 0] ?? 0;
    const weights = ids.map((id) =>
      Math.exp(((this.#logits[id] ?? -Infinity) - maxLogit) / temperature),
    );
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    let kept = 0;
    let mass = 0;
    // The likeliest token has weight 1, so `weight < min_p` is min-p's "relative to the likeliest".
    for (const weight of weights) {
      if (kept > 0 && (mass >= top_p * total || weight < min_p)) break;
      mass += weight;
      kept += 1;
    }
    this.#ids = ids.slice(0, kept);
    this.#weights = weights.slice(0, kept);
  }
}

/**
 * Divides positive and multiplies negative logits of recent tokens by the penalty (CTRL, Keskar et al. 2019, section 4.1,
 * in the sign-aware form that every runtime uses).
 */
function penaliseRepetition(
  logits: Float32Array,
  recentTokens: readonly number[],
  penalty: number,
): void {
  if (penalty === 1) return;
  for (const token of new Set(recentTokens.slice(-REPETITION_WINDOW))) {
    const logit = logits[token];
    if (logit !== undefined) logits[token] = logit > 0 ? logit / penalty : logit * penalty;
  }
}

/** Returns the `count` tokens with the largest logits, largest first; equal logits keep the lower id first. */
function likeliest(logits: Float32Array, count: number): number[] {
  const byLogit = (a: number, b: number): number =>
    (logits[b] as number) - (logits[a] as number) || a - b;
  if (count >= logits.length) return Array.from(logits.keys()).sort(byLogit);
  // A binary min-heap of the best so far: one pass over the vocabulary, and most tokens fail the first comparison.
  const heap: number[] = [];
  const isLess = (a: number, b: number): boolean => byLogit(a, b) > 0;
  for (let token = 0; token < logits.length; token++) {
    if (heap.length < count) {
      heap.push(token);
      siftUp(heap, heap.length - 1, isLess);
    } else if (isLess(heap[0] as number, token)) {
      heap[0] = token;
      siftDown(heap, isLess);
    }
  }
  return heap.sort(byLogit);
}

function siftUp(heap: number[], from: number, isLess: (a: number, b: number) => boolean): void {
  let index = from;
  while (index > 0) {
    const parent = (index - 1) >> 1;
    if (!isLess(heap[index] as number, heap[parent] as number)) return;
    swap(heap, index, parent);
    index = parent;
  }
}

function siftDown(heap: number[], isLess: (a: number, b: number) => boolean): void {
  let index = 0;
  for (;;) {
    let least = index;
    for (const child of [2 * index + 1, 2 * index + 2]) {
      if (child < heap.length && isLess(heap[child] as number, heap[least] as number))
        least = child;
    }
    if (least === index) return;
    swap(heap, index, least);
    index = least;
  }
}

function swap(heap: number[], a: number, b: number): void {
  const kept = heap[a] as number;
  heap[a] = heap[b] as number;
  heap[b] = kept;
}
