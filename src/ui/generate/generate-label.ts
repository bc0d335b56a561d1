/** What the button that sends a request says: all that pressing it will do. */
import type { EngineState } from '../../state/engine-status.svelte.ts';

/** @param needsNoDownload whether the model is on the device, as far as is known */
export function generateLabel(state: EngineState, needsNoDownload: boolean): string {
  switch (state.kind) {
    case 'ready':
    case 'unsupported':
      return 'Write the script';
    case 'loading':
    case 'recovering':
      return 'Write when ready';
    case 'paused':
      return 'Resume and write';
    case 'idle':
    case 'failed':
      return needsNoDownload ? 'Load and write' : 'Download and write';
  }
}
