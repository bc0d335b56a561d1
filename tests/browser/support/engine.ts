/** A real engine in a real worker, with the model that the repository ships. */
import { EngineClient, type EngineClientEvent } from '../../../src/bridge/engine-client.ts';
import { runtimeUrls } from '../../../src/bridge/runtime-urls.ts';
import { spawnEngine } from '../../../src/bridge/spawn-engine.ts';
import type { LoadOptions, LoadReport } from '../../../src/contracts/engine.ts';
import type { GenerationParameters } from '../../../src/contracts/generation.ts';
import { DEFAULT_PARAMETERS } from '../../../src/core/prompt/parse-parameters.ts';

export const MODEL_URL = new URL('/models/shellwright-bash-116m/', location.href).href;

export interface TestEngine {
  readonly client: EngineClient;
  readonly events: EngineClientEvent[];
}

export function createEngine(): TestEngine {
  const events: EngineClientEvent[] = [];
  const client = new EngineClient({
    spawn: spawnEngine,
    now: () => performance.now(),
    epochNow: () => Date.now(),
    newId: () => crypto.randomUUID(),
    onEvent: (event) => events.push(event),
  });
  return { client, events };
}

export function loadOptions(change: Partial<LoadOptions> = {}): LoadOptions {
  return {
    source: { kind: 'pack', baseUrl: MODEL_URL },
    backend: 'wasm',
    precision: null,
    threads: null,
    runtimeUrls: runtimeUrls(location.href),
    ...change,
  };
}

/** Loads or fails the test with what went wrong. */
export async function mustLoad(
  client: EngineClient,
  change: Partial<LoadOptions> = {},
): Promise<LoadReport> {
  const result = await client.load(loadOptions(change));
  if (!result.ok) throw new Error(JSON.stringify(result.failure));
  return result.value;
}

export function parameters(change: Partial<GenerationParameters> = {}): GenerationParameters {
  return { ...DEFAULT_PARAMETERS, max_tokens: 32, ...change };
}
