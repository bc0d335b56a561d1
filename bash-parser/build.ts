/**
 * Builds the recogniser: grammar.ts -> tables (build/tables.ts) -> AssemblyScript -> build/bash-parser.wasm.
 * Quick when nothing changed: a hash of every source is kept beside the output. Usage: node bash-parser/build.ts [--force]
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, writeFileSync, existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generateTables } from './tables.ts';

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, 'build');

function sourceHash(): string {
  const hash = createHash('sha256');
  const names = [
    ...readdirSync(join(here, 'assembly')).map((name) => `assembly/${name}`),
    'build.ts',
    'grammar.ts',
    'lalr.ts',
    'tables.ts',
    '../src/core/bash/tokens.ts',
  ];
  for (const name of names.sort()) hash.update(name).update(readFileSync(join(here, name)));
  const manifest: unknown = JSON.parse(
    readFileSync(join(here, '../node_modules/assemblyscript/package.json'), 'utf8'),
  );
  return hash.update(String((manifest as { version: unknown }).version)).digest('hex');
}

async function build(): Promise<void> {
  const stamp = join(out, 'sources.sha256');
  const hash = sourceHash();
  const wasm = join(out, 'bash-parser.wasm');
  const upToDate = existsSync(wasm) && existsSync(stamp) && readFileSync(stamp, 'utf8') === hash;
  if (upToDate && !process.argv.includes('--force')) return;
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, 'tables.ts'), generateTables());
  const { default: asc } = await import('assemblyscript/asc');
  const { error, stderr } = await asc.main([
    join(here, 'assembly/index.ts'),
    '--outFile',
    wasm,
    '--runtime',
    'stub',
    '--optimizeLevel',
    '3',
    '--shrinkLevel',
    '0',
    '--converge',
    '--noAssert',
    '--memoryBase',
    '8192',
    '--initialMemory',
    '64',
    '--use',
    'abort=',
    ...(process.argv.includes('--debug') ? ['--debug'] : []),
  ]);
  if (error) throw new Error(`asc: ${error.message}\n${stderr.toString()}`);
  writeFileSync(stamp, hash);
}

await build();
