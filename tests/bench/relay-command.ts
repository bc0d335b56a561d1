/** The relay as `npm run relay` starts it. */
import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { root } from '../../scripts/install.mjs';
import { relayParameters } from '../../scripts/relay-flags.mjs';

export function spawnRelay(
  environment: Readonly<Record<string, string>>,
  stdio: StdioOptions,
): ChildProcess {
  return spawn(process.execPath, relayParameters(), {
    cwd: root,
    env: { PATH: process.env['PATH'], ...environment },
    stdio,
  });
}

export interface Memory {
  readonly residentMb: number;
  readonly heapUsedMb: number;
  readonly heapMb: number;
  readonly externalMb: number;
}

/** What the relay says of itself; NaN for what is not among its metrics. */
export async function memoryOf(port: number): Promise<Memory> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const read = (name: string): number =>
    Number(new RegExp(`^${name} (\\S+)`, 'm').exec(text)?.[1]) / 1e6;
  return {
    residentMb: read('process_resident_memory_bytes'),
    heapUsedMb: read('nodejs_heap_used_bytes'),
    heapMb: read('nodejs_heap_size_bytes'),
    externalMb: read('nodejs_external_memory_bytes'),
  };
}
