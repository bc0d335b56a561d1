/**
 * Says what `bash -n` would say, without bash.
 *
 *   npm run --silent check-syntax -- FILE...            FILE: valid, or FILE:LINE:COL: message
 *   npm run --silent check-syntax -- --jsonl < ROWS     {id, script | base64} in, {id, result, line, column, message} out
 *
 * Exit status: 1 if a script is invalid, 2 if a file or row cannot be read, else 0.
 */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { SyntaxVerdict } from '../src/contracts/syntax.ts';
import { BashSyntax } from '../src/core/bash/check-syntax.ts';
import { loadParserModule } from './lib/load-bash-syntax.ts';

const syntax = new BashSyntax(loadParserModule());

/** The line for standard output. */
function summary(name: string, { result, problem }: SyntaxVerdict): string {
  return result === 'invalid' && problem
    ? `${name}:${problem.line}:${problem.column}: ${problem.message}`
    : `${name}: ${result}`;
}

/** What helps a reader but is no verdict, for standard error. */
function remarks(name: string, { result, problem, open, warnings, note }: SyntaxVerdict): string[] {
  return [
    ...warnings.map((w) => `${name}:${w.line}:1: warning: ${w.message}`),
    ...open.map(
      ({ opener, line, waitsFor }) =>
        `${name}:${line}:1: note: \`${opener}\` on line ${line} waits for \`${waitsFor}\``,
    ),
    ...(problem && result !== 'invalid'
      ? [`${name}:${problem.line}:${problem.column}: note: ${problem.message}`]
      : []),
    ...(note === null ? [] : [`${name}: note: ${note}`]),
  ];
}

function checkFiles(files: readonly string[]): number {
  let exit = 0;
  for (const file of files) {
    let bytes: Uint8Array;
    try {
      bytes = readFileSync(file);
    } catch (error) {
      console.error(`${file}: ${error instanceof Error ? error.message : String(error)}`);
      exit = 2;
      continue;
    }
    const verdict = syntax.checkSyntax(bytes);
    console.log(summary(file, verdict));
    for (const remark of remarks(file, verdict)) console.error(remark);
    if (verdict.result === 'invalid' && exit === 0) exit = 1;
  }
  return exit;
}

interface Row {
  readonly id: unknown;
  readonly script: string | Uint8Array;
}

function parseRow(line: string): Row {
  const row: unknown = JSON.parse(line);
  if (typeof row !== 'object' || row === null) throw new Error('a row is not an object');
  const { id, script, base64 } = row as Record<string, unknown>;
  if (typeof script === 'string') return { id, script };
  if (typeof base64 === 'string') return { id, script: Buffer.from(base64, 'base64') };
  throw new Error('a row has neither script nor base64');
}

async function checkRows(): Promise<number> {
  let exit = 0;
  for await (const line of createInterface({ input: process.stdin })) {
    if (line.trim() === '') continue;
    const { id, script } = parseRow(line);
    const { result, problem } = syntax.checkSyntax(script);
    const place = problem
      ? { line: problem.line, column: problem.column, message: problem.message }
      : { line: null, column: null, message: null };
    process.stdout.write(`${JSON.stringify({ id, result, ...place })}\n`);
    if (result === 'invalid') exit = 1;
  }
  return exit;
}

const args = process.argv.slice(2);
if (args.length === 0) {
  console.error('usage: check-syntax FILE... | check-syntax --jsonl');
  process.exitCode = 2;
} else {
  process.exitCode = args[0] === '--jsonl' ? await checkRows() : checkFiles(args);
}
