/** Whether the similarity of scripts to their prompts is measured, and how that stands. What does it is loaded when it is on. */
import type { Similarity, SimilarityInput, SimilarityStatus } from '../monitor/similarity.ts';
import type { Settings } from './settings.svelte.ts';

type SimilarityPort = Pick<Similarity, 'offer' | 'prepare' | 'onEngineChange' | 'dispose'>;

export interface SimilarityScoresOptions {
  readonly settings: Pick<Settings, 'measuresSimilarity'>;
  /** May reject. */
  readonly load: (onStatus: (status: SimilarityStatus) => void) => Promise<SimilarityPort>;
}

export class SimilarityScores {
  readonly #options: SimilarityScoresOptions;
  #status = $state.raw<SimilarityStatus | null>(null);
  #loading: Promise<void> | null = null;
  #loaded: SimilarityPort | null = null;
  /** Goes up when it is switched off: what began before is over. */
  #turn = 0;

  constructor(options: SimilarityScoresOptions) {
    this.#options = options;
  }

  get isOn(): boolean {
    return this.#options.settings.measuresSimilarity;
  }

  /** Switched on, the model is fetched as soon as the engine is idle; switched off, it is given up. */
  set isOn(isOn: boolean) {
    this.#options.settings.measuresSimilarity = isOn;
    if (isOn) void this.#with((similarity) => similarity.prepare());
    else this.#stop();
  }

  /** To be called when the settings may have been changed by another tab; switched on there, the next request here begins. */
  follow(): void {
    if (!this.isOn) this.#stop();
  }

  /** null while it is off, and until the first request has ended. */
  get status(): SimilarityStatus | null {
    return this.#status;
  }

  /** Hook for requests that have ended. */
  readonly offer = (record: SimilarityInput): void => {
    if (this.isOn) void this.#with((similarity) => similarity.offer(record));
  };

  /** Hook for everything that makes the engine busy or idle. */
  readonly onEngineChange = (): void => {
    this.#loaded?.onEngineChange();
  };

  async #with(use: (similarity: SimilarityPort) => void): Promise<void> {
    const turn = this.#turn;
    this.#loading ??= this.#load(turn);
    await this.#loading;
    if (turn === this.#turn && this.#loaded !== null) use(this.#loaded);
  }

  async #load(turn: number): Promise<void> {
    try {
      const loaded = await this.#options.load((status) => {
        if (turn === this.#turn) this.#status = status;
      });
      if (turn === this.#turn) this.#loaded = loaded;
      else loaded.dispose();
    } catch {
      // Offline without this part of the app: the next request tries again.
      if (turn === this.#turn) this.#loading = null;
    }
  }

  #stop(): void {
    this.#turn += 1;
    this.#loaded?.dispose();
    this.#loaded = null;
    this.#loading = null;
    this.#status = null;
  }
}
