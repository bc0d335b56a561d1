/** The engine in a few words, for the lamp in the bar. */
import type { EngineState } from '../../state/engine-status.svelte.ts';
import type { EngineDescription } from '../../contracts/generation.ts';

export type Lamp = 'off' | 'wait' | 'go' | 'stop';

export interface EngineSummary {
  readonly lamp: Lamp;
  readonly text: string;
  /** Where there is room. */
  readonly detail: string;
}

export function summariseEngine(
  state: EngineState,
  engine: EngineDescription | null,
  isWriting: boolean,
): EngineSummary {
  switch (state.kind) {
    case 'idle':
      return { lamp: 'off', text: 'No model loaded', detail: '' };
    case 'unsupported':
      return { lamp: 'stop', text: 'Not supported here', detail: '' };
    case 'paused':
      return { lamp: 'off', text: 'Paused', detail: '' };
    case 'failed':
      return { lamp: 'stop', text: 'Needs attention', detail: '' };
    case 'recovering':
      return { lamp: 'wait', text: 'Starting anew', detail: '' };
    case 'ready':
      return { lamp: 'go', text: isWriting ? 'Writing' : 'Ready', detail: backendName(engine) };
    case 'loading':
      return { lamp: 'wait', text: loadingText(state), detail: '' };
  }
}

/** `WebGPU`, `WASM, 4 threads`. */
export function backendName(engine: EngineDescription | null): string {
  if (engine === null) return '';
  if (engine.backend === 'webgpu') return 'WebGPU';
  return engine.threads === 1 ? 'WASM' : `WASM, ${engine.threads} threads`;
}

function loadingText({ progress }: Extract<EngineState, { kind: 'loading' }>): string {
  if (progress === null || progress.phase === 'checking') return 'Starting';
  if (progress.phase === 'downloading' || progress.phase === 'verifying') {
    const verb = progress.downloadedBytes > 0 ? 'Downloading' : 'Reading';
    return `${verb} ${percentOf(progress.loadedBytes, progress.totalBytes)}`;
  }
  return progress.phase === 'warming-up' ? 'Warming up' : 'Preparing';
}

/** `43 %`; never 100 before all is there. */
export function percentOf(part: number, whole: number): string {
  return whole === 0 ? '0 %' : `${Math.floor((100 * Math.min(part, whole)) / whole)} %`;
}
