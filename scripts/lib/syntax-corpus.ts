/** Reads the corpora of verdicts: rows of `bash -n`, one JSON object a line, plain or compressed with xz. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface CorpusRow {
  readonly id: string;
  readonly script: Uint8Array;
  /** Exit status of GNU bash 5.2.15 `bash -n FILE`. */
  readonly exit: number;
  /** The first error line, or null. */
  readonly line: number | null;
}

export function readCorpus(file: URL): readonly CorpusRow[] {
  const text = file.pathname.endsWith('.xz')
    ? execFileSync('xz', ['-dc', fileURLToPath(file)], { maxBuffer: 1 << 30 })
    : readFileSync(file);
  return text
    .toString('utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const row = JSON.parse(line) as Record<string, unknown>;
      const script =
        typeof row['script'] === 'string'
          ? Buffer.from(row['script'])
          : Buffer.from(String(row['base64']), 'base64');
      return {
        id: String(row['id']),
        script,
        exit: Number(row['exit']),
        line: typeof row['line'] === 'number' ? row['line'] : null,
      };
    });
}
