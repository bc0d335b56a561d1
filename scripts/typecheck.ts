/**
 * `npm run typecheck`: the compiler over every realm. A realm is a folder with a tsconfig.json of its own, because what
 * exists there differs: no `document` in a worker, no globals at all in core. Svelte's checker takes the page.
 */
import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
/** Each compiler holds a few hundred MB. */
const CONCURRENCY = 2;

interface Check {
  readonly name: string;
  readonly parameters: readonly string[];
}

interface Outcome {
  readonly name: string;
  readonly passed: boolean;
  readonly output: string;
}

const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
const svelteCheck = join(root, 'node_modules', 'svelte-check', 'bin', 'svelte-check');

const realms = globSync(
  ['src/*/tsconfig.json', '{bash-parser,relay,scripts,tests}/tsconfig.json'],
  {
    cwd: root,
  },
);

const checks: Check[] = [
  {
    name: 'page',
    parameters: [svelteCheck, '--tsconfig', 'tsconfig.json', '--fail-on-warnings'],
  },
  ...realms.map((path) => ({
    name: path.replace('/tsconfig.json', ''),
    parameters: [compiler, '--pretty', '-p', path],
  })),
];

function run(check: Check): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, check.parameters, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (text: Buffer) => (output += text.toString()));
    child.stderr.on('data', (text: Buffer) => (output += text.toString()));
    child.on('error', (error) => (output += error.message));
    child.on('close', (code) => {
      resolve({ name: check.name, passed: code === 0, output });
    });
  });
}

const waiting = [...checks];
let failures = 0;

async function work(): Promise<void> {
  for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) {
    const { name, passed, output } = await run(check);
    if (!passed) {
      failures += 1;
      console.error(`${name}:\n${output}`);
    }
  }
}

await Promise.all(Array.from({ length: CONCURRENCY }, work));
if (failures > 0) process.exitCode = 1;
