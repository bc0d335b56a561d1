/** The bash checker as the page uses it: loaded when there is something to check, and missed without harm. */
import type { GenerationRecord, RecordedSyntax } from '../contracts/generation.ts';
import type { HistoryEntry } from '../contracts/history.ts';
import type { ScriptInspector, ScriptStanding } from '../core/bash/script-inspector.ts';
import { fullScript } from '../core/prompt/prompt-form.ts';

/** `unavailable`: it could not be loaded; the next request tries again. */
export type SyntaxCheckState = 'idle' | 'loading' | 'ready' | 'unavailable';

type Inspector = Pick<ScriptInspector, 'inspect'>;

export interface SyntaxCheckOptions {
  /** May reject. */
  readonly load: () => Promise<Inspector>;
}

export class SyntaxCheck {
  readonly #load: () => Promise<Inspector>;
  #state = $state.raw<SyntaxCheckState>('idle');
  #inspector = $state.raw<Inspector | null>(null);
  #loading: Promise<void> | null = null;

  constructor({ load }: SyntaxCheckOptions) {
    this.#load = load;
  }

  get state(): SyntaxCheckState {
    return this.#state;
  }

  /** Resolves when the checker is there, or cannot be had. */
  ensureLoaded(): Promise<void> {
    this.#loading ??= this.#loadOnce();
    return this.#loading;
  }

  /** How a script stands; null while there is no checker. To be read in a derived: it follows the checker's arrival. */
  standing(script: string, isWriting: boolean): ScriptStanding | null {
    try {
      return this.#inspector?.inspect(script, isWriting) ?? null;
    } catch {
      // A trap in the recogniser; the next check starts afresh.
      return UNCHECKED;
    }
  }

  /** The verdict that a record keeps: of the whole script, a given beginning included. null where there is none. */
  async judge(record: GenerationRecord): Promise<RecordedSyntax | null> {
    const { prompt, text, finishReason, tokens } = record;
    if (finishReason === 'error') return null;
    if (tokens.generated === 0 && finishReason !== 'stop') return null;
    await this.ensureLoaded();
    return this.#record(fullScript(prompt, text));
  }

  /** The verdict on what is in the history: the record's, or of the script as it was edited since. */
  recorded({ record, editedText }: HistoryEntry): RecordedSyntax | null {
    return editedText === null ? record.syntax : this.#record(editedText);
  }

  #record(script: string): RecordedSyntax | null {
    const standing = this.standing(script, false);
    if (standing === null) return null;
    const { kind, problem } = standing;
    if (kind === 'broken' || kind === 'unfinished') {
      return { result: 'invalid', line: problem?.line ?? null };
    }
    return { result: kind === 'empty' || kind === 'unchecked' ? kind : 'valid', line: null };
  }

  async #loadOnce(): Promise<void> {
    this.#state = 'loading';
    try {
      this.#inspector = await this.#load();
      this.#state = 'ready';
    } catch {
      // Offline without the file, or a browser that cannot compile it.
      this.#state = 'unavailable';
      this.#loading = null;
    }
  }
}

const UNCHECKED: ScriptStanding = {
  kind: 'unchecked',
  problem: null,
  open: [],
  warnings: [],
  note: 'The check of this script failed.',
};
