/** What the syntax guard did for a script, in plain words. */
import type { GenerationRecord } from '../../contracts/generation.ts';

/** null where nothing was written that it could have guarded. */
export function describeGuard({
  guard,
  parameters,
  engine,
  tokens,
}: GenerationRecord): string | null {
  if (tokens.generated === 0 && guard.refusedTokens === 0) return null;
  if (!parameters.guard) return 'Syntax guard off: every token was taken as it came.';
  if (!guard.on) {
    return engine?.source === 'hub'
      ? 'Written without the syntax guard, which works with the page’s own model only.'
      : 'Written without the syntax guard: it could not help with this script.';
  }
  const { refusedTokens: refused } = guard;
  const refusals =
    refused === 0
      ? 'nothing had to be refused'
      : `${refused} ${refused === 1 ? 'token' : 'tokens'} refused`;
  const cut = guard.cutBack ? '; the end was cut back to where the script is complete' : '';
  return `Syntax guard on: ${refusals}${cut}.`;
}
