/** Our own decode loop: tokens one after another from a decoder, with every phase and every gap timed. */
import type { EngineMemory, EngineOutcome, TokenEvent } from '../../contracts/engine.ts';
import { FailureError, failure, type Failure, type Result } from '../../contracts/failure.ts';
import type {
  EngineDescription,
  FinishReason,
  GenerationRequest,
} from '../../contracts/generation.ts';
import type { PromptTemplate } from '../../contracts/model-manifest.ts';
import type { IncrementalParser } from '../../core/bash/incremental-parser.ts';
import { SyntaxGuard } from '../../core/bash/syntax-guard.ts';
import { buildPrompt, promptForm } from '../../core/prompt/prompt-form.ts';
import { PromptLookup } from '../../core/sampling/prompt-lookup.ts';
import { seededRandom } from '../../core/sampling/random.ts';
import { REPETITION_WINDOW, TokenSampler } from '../../core/sampling/token-sampler.ts';
import { abortReason, GenerationRun, promptTooLong } from '../generation-run.ts';
import { nextTask } from '../next-task.ts';
import type { TextModel } from '../text-model.ts';
import type { Decoder } from './decoder.ts';
import type { PackTokenizer } from './pack-tokenizer.ts';
import { ScriptWriter } from './script-writer.ts';
import { TokenFeed } from './token-feed.ts';

export interface PackModelOptions {
  readonly description: EngineDescription;
  readonly decoder: Decoder;
  readonly tokenizer: PackTokenizer;
  readonly prompt: PromptTemplate;
  /** For the syntax guard; null where the recogniser could not be loaded. */
  readonly parser: IncrementalParser | null;
  readonly memory: () => EngineMemory;
  readonly loseDevice: () => boolean;
}

/** Candidates that are offered to the guard for one token. Each costs some microseconds; one or two are the rule. */
const MAX_CANDIDATES = 2_000;

export class PackModel implements TextModel {
  readonly description: EngineDescription;
  readonly #options: PackModelOptions;
  readonly #feed: TokenFeed;

  constructor(options: PackModelOptions) {
    this.#options = options;
    this.#feed = new TokenFeed(options.decoder);
    this.description = options.description;
  }

  countTokens(prompt: string): Result<number> {
    return { ok: true, value: this.#encode(prompt).length };
  }

  memory(): EngineMemory {
    return this.#options.memory();
  }

  loseDevice(): boolean {
    return this.#options.loseDevice();
  }

  async release(): Promise<void> {
    await this.#options.decoder.release();
  }

  async generate(
    request: GenerationRequest,
    onToken: (event: TokenEvent) => void,
    signal: AbortSignal,
    startedAtMs: number,
  ): Promise<EngineOutcome> {
    const run = new GenerationRun(request, this.description, onToken, startedAtMs);
    try {
      const tokens = this.#encode(request.prompt);
      run.tokenized(tokens.length);
      const room = this.#options.decoder.capacity - tokens.length;
      if (room < 1) {
        return run.end('error', promptTooLong(tokens.length, this.#options.decoder.capacity));
      }
      const logits = await this.#prefill(tokens, run, signal);
      if (logits === null) return run.end(abortReason(signal));
      run.prefilled();
      const limit = Math.min(request.parameters.max_tokens, room);
      return run.end(await this.#decode(logits, tokens, limit, run, signal));
    } catch (error) {
      return run.end('error', asFailure(error));
    }
  }

  /** Warms up: compiles what runs compile, so that the first request does not wait for it. */
  async warmUp(): Promise<void> {
    // The template's beginning stays in the cache: every English request starts with it.
    const tokens = this.#encode('list files');
    const { decoder } = this.#options;
    while (decoder.length < tokens.length) {
      await this.#feed.feed(tokens.slice(decoder.length, decoder.length + decoder.maxTokensPerRun));
    }
    await this.#feed.feed(tokens.slice(0, 1));
    await this.#feed.feed(tokens.slice(0, 1));
  }

  #encode(prompt: string): number[] {
    return this.#options.tokenizer.encodePrompt(buildPrompt(prompt, this.#options.prompt));
  }

  /** Returns the logits after the prompt, or null when aborted. */
  async #prefill(
    tokens: readonly number[],
    run: GenerationRun,
    signal: AbortSignal,
  ): Promise<Float32Array | null> {
    const { decoder } = this.#options;
    run.reused(this.#feed.reuse(tokens));
    let logits: Float32Array | null = null;
    while (decoder.length < tokens.length) {
      await nextTask();
      if (signal.aborted) return null;
      logits = await this.#feed.feed(
        tokens.slice(decoder.length, decoder.length + decoder.maxTokensPerRun),
      );
    }
    return logits;
  }

  async #decode(
    first: Float32Array,
    promptTokens: readonly number[],
    limit: number,
    run: GenerationRun,
    signal: AbortSignal,
  ): Promise<FinishReason> {
    const { parameters, prompt } = run.request;
    const sampler = new TokenSampler(parameters, seededRandom(run.chooseSeed()));
    const writer = new ScriptWriter(
      [...this.#options.prompt.stopStrings, ...parameters.stop],
      parameters.guard ? this.#guardFor(prompt) : null,
    );
    const lookup = new PromptLookup(this.#options.decoder.maxLogitRows - 1);
    const text = [...promptTokens];
    let logits = first;
    let finishReason: FinishReason | null = null;
    let mustCut = false;
    let cut: string | null = null;
    try {
      while (finishReason === null) {
        sampler.begin(logits, text.slice(-REPETITION_WINDOW));
        const token = this.#choose(sampler, writer);
        if (token === null || this.#isEnd(token)) {
          finishReason = 'stop';
          mustCut = token === null;
          break;
        }
        text.push(token);
        const piece = writer.push(this.#options.tokenizer.bytesOf(token));
        run.token(piece.text);
        if (piece.stopped) {
          finishReason = 'stop';
          break;
        }
        // Cancels arrive as messages, which are only read between tasks.
        await nextTask();
        if (signal.aborted) finishReason = abortReason(signal);
        else if (run.generated >= limit) finishReason = 'length';
        else if (run.decodeMs() > parameters.timeout_ms) finishReason = 'timeout';
        else logits = await this.#feed.next(token, text, lookup);
      }
      run.write(writer.flush());
      cut =
        mustCut || finishReason === 'length' || finishReason === 'timeout'
          ? writer.cutBack()
          : null;
      if (cut !== null) run.replaceText(cut);
      return finishReason;
    } finally {
      // Of a script that ends with a failure, too.
      run.guarded(writer.report(cut !== null));
    }
  }

  /**
   * Draws the first candidate that the guard allows. null: none of the likeliest is, so the text has to end; that takes
   * a model which insists on what bash forbids.
   */
  #choose(sampler: TokenSampler, writer: ScriptWriter): number | null {
    for (let candidate = 0; candidate < MAX_CANDIDATES; candidate++) {
      const token = sampler.next();
      if (token < 0) return null;
      const isAllowed = this.#isEnd(token)
        ? writer.allowsEnd()
        : writer.allows(this.#options.tokenizer.bytesOf(token));
      if (isAllowed) return token;
    }
    return null;
  }

  #isEnd(token: number): boolean {
    return this.#options.prompt.stopTokens.includes(token);
  }

  #guardFor(prompt: string): SyntaxGuard | null {
    const { parser } = this.#options;
    if (parser === null) return null;
    const beginning = promptForm(prompt) === 'script' ? prompt : '';
    return new SyntaxGuard(parser, new TextEncoder().encode(beginning));
  }
}

function asFailure(error: unknown): Failure {
  return error instanceof FailureError
    ? error.failure
    : failure('engine/inference-failed', undefined, {
        cause: error instanceof Error ? error.name : 'unknown',
      });
}
