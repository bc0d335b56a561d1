/** Gets the bash recogniser for the page. A chunk of its own: nothing that is shown first needs it. */
import { BashSyntax } from '../core/bash/check-syntax.ts';
import { ScriptInspector } from '../core/bash/script-inspector.ts';

/** Checked at each keystroke, so longer scripts stay unchecked: this takes some tens of milliseconds. */
const MAX_BYTES = 512 * 1024;
const MAX_CHECK_MS = 250;
const MAX_LOAD_MS = 5_000;

/** Rejects where the file cannot be had in time, or not be compiled. */
export async function loadScriptInspector(url: string): Promise<ScriptInspector> {
  const response = await fetch(url, { signal: AbortSignal.timeout(MAX_LOAD_MS) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  const wasm = new Uint8Array(await response.arrayBuffer());
  const now = (): number => performance.now();
  return new ScriptInspector(
    await BashSyntax.load(wasm, { maxBytes: MAX_BYTES, maxMs: MAX_CHECK_MS, now }),
  );
}
