/** Tokens per second while decoding: the time to the first token is not part of it. */
import type { GenerationRecord } from '../../contracts/generation.ts';

/** Tokens after the first one over the time they took, per second; null for fewer than two tokens. */
export function decodeTokensPerSecond(
  record: Pick<GenerationRecord, 'tokens' | 'timestamps'>,
): number | null {
  const { firstTokenMs, lastTokenMs } = record.timestamps;
  if (firstTokenMs === null || lastTokenMs === null || lastTokenMs <= firstTokenMs) return null;
  const laterTokens = record.tokens.generated - 1;
  return laterTokens < 1 ? null : (laterTokens * 1000) / (lastTokenMs - firstTokenMs);
}
