/** Starts the engine's worker: the one place in the page that names its file. */
import { wrap, releaseProxy } from 'comlink';
import type { EngineApi } from '../contracts/engine.ts';
import type { SpawnEngine } from './engine-client.ts';

export const spawnEngine: SpawnEngine = (onCrash) => {
  const worker = new Worker(new URL('../engine/engine.worker.ts', import.meta.url), {
    type: 'module',
    name: 'shellwright-engine',
  });
  const api = wrap<EngineApi>(worker);
  let ended = false;
  const crash = (message: string): void => {
    if (!ended) onCrash(message);
  };
  worker.addEventListener('error', (event) => {
    event.preventDefault();
    crash(event.message || 'the worker could not be started');
  });
  worker.addEventListener('messageerror', () => crash('a message could not be read'));
  return {
    api,
    terminate() {
      ended = true;
      api[releaseProxy]();
      worker.terminate();
    },
  };
};
