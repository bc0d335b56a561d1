/**
 * `npm run bench:parser`: how fast the recogniser is, and whether it keeps to its bars. Prints medians of alternating
 * rounds; exit 1 if a bar is missed. `--real` also asks the local bash for its verdict on every script found.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { askBash } from '../../scripts/bash-fuzz/oracle.ts';
import { loadParserModule } from '../../scripts/lib/load-bash-syntax.ts';
import { BashSyntax } from '../../src/core/bash/check-syntax.ts';
import { IncrementalParser } from '../../src/core/bash/incremental-parser.ts';

const ROUNDS = 9;
const module = loadParserModule();
const syntax = new BashSyntax(module);

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Shell scripts below the usual folders, by name or first line; each content once. */
function findScripts(): readonly Buffer[] {
  const found = new Map<string, Buffer>();
  const visit = (folder: string, depth: number): void => {
    let names;
    try {
      names = readdirSync(folder, { withFileTypes: true });
    } catch {
      return;
    }
    for (const entry of names) {
      const path = join(folder, entry.name);
      if (entry.isDirectory() && depth > 0) visit(path, depth - 1);
      else if (entry.isFile() && statSync(path).size < 2_000_000) {
        const named = /\.(sh|bash)$/.test(entry.name) || path.includes('bash-completion');
        const looksLike = named || !/\.[a-z0-9]+$/i.test(entry.name) || path.includes('dpkg/info');
        if (!looksLike) continue;
        const content = readFileSync(path);
        const first = content.subarray(0, 80).toString('latin1');
        if (content.length > 0 && (named || /^#!.*\b(ba|da|k)?sh\b/.test(first)))
          found.set(content.toString('latin1'), content);
      }
    }
  };
  for (const root of ['/usr', '/etc', '/opt', '/var/lib/dpkg/info', 'node_modules']) visit(root, 9);
  return [...found.values()];
}

const scripts = findScripts();
const bytes = scripts.reduce((sum, script) => sum + script.length, 0);
const kilobyte =
  scripts.find((script) => script.length > 1000 && script.length < 1100) ??
  Buffer.from('echo "$(a)"\n'.repeat(85));

const throughput: number[] = [];
const single: number[] = [];
const perToken: number[] = [];
/** What a decoder does: forty candidates of some bytes are tried, one is kept. */
const CANDIDATES = [
  'the',
  ' "',
  '$(',
  ')',
  '\n',
  ' fi',
  '; do',
  ' |',
  '}',
  ' -f',
  '`',
  ' file',
  '.txt',
  '"',
  " '",
  ' &&',
  '[',
  ']]',
  ' done',
  '/',
].flatMap((text) => [Buffer.from(text), Buffer.from(` ${text}`)]);
const guard = new IncrementalParser(module, { earlyStopIsDead: true });
const context = Buffer.from(
  'for f in "$(find . -name \'*.log\' | sort)"; do if grep -q "$x" "$f"; then echo "${f%',
);
for (let round = 0; round < ROUNDS; round++) {
  let started = performance.now();
  for (const script of scripts) syntax.checkSyntax(script);
  throughput.push(bytes / 1e6 / ((performance.now() - started) / 1e3));

  started = performance.now();
  for (let i = 0; i < 500; i++) syntax.checkSyntax(kilobyte);
  single.push((performance.now() - started) / 500);

  guard.reset();
  guard.push(context);
  started = performance.now();
  for (let token = 0; token < 100; token++)
    for (const candidate of CANDIDATES) guard.probe(candidate);
  perToken.push((performance.now() - started) / 100);
}
const gzipBytes = gzipSync(
  readFileSync(new URL('../../bash-parser/build/bash-parser.wasm', import.meta.url)),
  { level: 9 },
).length;

const missed: string[] = [];
function bar(name: string, value: number, unit: string, holds: boolean, limit: string): void {
  if (!holds) missed.push(name);
  console.log(
    `${holds ? 'ok  ' : 'MISS'} ${name}: ${value.toPrecision(3)} ${unit} (bar: ${limit})`,
  );
}
console.log(
  `${scripts.length} scripts, ${(bytes / 1e6).toFixed(1)} MB; medians of ${ROUNDS} alternating rounds`,
);
bar(
  'throughput on real scripts',
  median(throughput),
  'MB/s',
  median(throughput) >= 10,
  '>= 10 MB/s',
);
bar(`check of ${kilobyte.length} bytes`, median(single), 'ms', median(single) <= 0.2, '<= 0.2 ms');
bar(
  `guard, ${CANDIDATES.length} candidates a token`,
  median(perToken),
  'ms',
  median(perToken) <= 0.2,
  '<= 0.2 ms',
);
bar('bash-parser.wasm, gzip', gzipBytes / 1000, 'kB', gzipBytes <= 60_000, '<= 60 kB');

if (process.argv.includes('--real')) {
  const answers = await askBash(scripts);
  let agree = 0;
  let rejected = 0;
  let sameLine = 0;
  scripts.forEach((script, i) => {
    const answer = answers[i];
    const { result, problem } = syntax.checkSyntax(script);
    const valid = result === 'valid' || result === 'empty';
    if (valid === (answer?.exit === 0)) agree++;
    const line = answer?.line ?? null;
    if (!valid && line !== null) {
      rejected++;
      if (line === problem?.line) sameLine++;
    }
  });
  const share = (100 * agree) / scripts.length;
  bar('agreement with bash -n', share, '%', share >= 99.9, '>= 99.9 %');
  const lines = (100 * sameLine) / rejected;
  bar(`first error line equal, of ${rejected} rejected`, lines, '%', lines >= 95, '>= 95 %');
}
process.exitCode = missed.length > 0 ? 1 : 0;
