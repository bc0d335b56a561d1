/** Turns what happens during a load into progress for people and a report of how long each phase took. */
import type { LoadPhase, LoadProgress, LoadReport } from '../contracts/engine.ts';

/** Progress more often than this is more than a screen can show. */
const MIN_INTERVAL_MS = 50;

export class LoadTracker {
  readonly #onProgress: (progress: LoadProgress) => void;
  readonly #startedAtMs = performance.now();
  readonly #phaseMs: Partial<Record<LoadPhase, number>> = {};
  #phase: LoadPhase = 'checking';
  #phaseStartedAtMs = this.#startedAtMs;
  #loadedBytes = 0;
  #totalBytes = 0;
  #downloadedBytes = 0;
  #sentAtMs = -Infinity;

  constructor(onProgress: (progress: LoadProgress) => void) {
    this.#onProgress = onProgress;
    this.#send();
  }

  /** Begins a phase, which ends the one before. */
  enter(phase: LoadPhase): void {
    if (phase === this.#phase) return;
    this.#closePhase();
    this.#phase = phase;
    this.#send();
  }

  expect(totalBytes: number): void {
    this.#totalBytes = totalBytes;
    this.#send();
  }

  /** Adds bytes that are here; those that came over the network also count as downloaded. */
  add(loadedDeltaBytes: number, downloadedDeltaBytes: number): void {
    this.#loadedBytes += loadedDeltaBytes;
    this.#downloadedBytes += downloadedDeltaBytes;
    if (performance.now() - this.#sentAtMs >= MIN_INTERVAL_MS) this.#send();
  }

  /** What has been brought is of no use: other files come in its place. */
  startOver(): void {
    this.#loadedBytes = 0;
    this.#downloadedBytes = 0;
  }

  /** Ends the last phase and returns how long each took, and where the bytes came from. */
  finish(): Pick<LoadReport, 'phaseMs' | 'totalMs' | 'source' | 'bytes'> {
    this.#closePhase();
    this.#send();
    const fromDevice = this.#loadedBytes - this.#downloadedBytes;
    return {
      phaseMs: this.#phaseMs,
      totalMs: performance.now() - this.#startedAtMs,
      source: this.#downloadedBytes === 0 ? 'cache' : fromDevice > 0 ? 'mixed' : 'network',
      bytes: this.#loadedBytes,
    };
  }

  #closePhase(): void {
    const nowMs = performance.now();
    this.#phaseMs[this.#phase] =
      (this.#phaseMs[this.#phase] ?? 0) + (nowMs - this.#phaseStartedAtMs);
    this.#phaseStartedAtMs = nowMs;
  }

  #send(): void {
    this.#sentAtMs = performance.now();
    this.#onProgress({
      phase: this.#phase,
      loadedBytes: this.#loadedBytes,
      totalBytes: this.#totalBytes,
      downloadedBytes: this.#downloadedBytes,
    });
  }
}
