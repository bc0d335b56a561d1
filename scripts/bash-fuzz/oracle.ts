/** Asks the real bash: many scripts through one long-lived shell that runs `bash -n` on each. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface BashAnswer {
  readonly exit: number;
  /** The line of the first error that is not a warning, or null. */
  readonly line: number | null;
  readonly stderr: string;
}

/** What `bash -n FILE` says to each script, in order; `jobs` shells share the work. */
export async function askBash(
  scripts: readonly Uint8Array[],
  jobs = 2,
): Promise<readonly BashAnswer[]> {
  const folder = mkdtempSync(join(tmpdir(), 'bash-oracle-'));
  try {
    scripts.forEach((script, i) => writeFileSync(join(folder, `${i}.sh`), script));
    const share = Math.ceil(scripts.length / jobs);
    await Promise.all(
      Array.from({ length: jobs }, (_, job) =>
        runShell(folder, job * share, Math.min(scripts.length, (job + 1) * share)),
      ),
    );
    return scripts.map((_, i) => answer(folder, i));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function runShell(folder: string, from: number, to: number): Promise<void> {
  const loop = `cd "$1" || exit; ulimit -t 10 -c 0; for ((i = $2; i < $3; i++)); do bash -n $i.sh 2> $i.err; echo $? > $i.exit; done`;
  const shell = spawn(
    'nice',
    ['-n', '19', 'bash', '-c', loop, 'oracle', folder, String(from), String(to)],
    {
      env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C.UTF-8' },
      stdio: 'ignore',
    },
  );
  return new Promise((resolve, reject) => {
    shell.on('error', reject);
    shell.on('close', () => {
      resolve();
    });
  });
}

function answer(folder: string, i: number): BashAnswer {
  const exit = Number(readFileSync(join(folder, `${i}.exit`), 'utf8'));
  const stderr = readFileSync(join(folder, `${i}.err`), 'latin1');
  const first = stderr
    .split('\n')
    .find(
      (text) => /^\d+\.sh: line \d+: /.test(text) && !/^\d+\.sh: line \d+: warning: /.test(text),
    );
  const line = first === undefined ? null : Number(/line (\d+)/.exec(first)?.[1]);
  return { exit, line, stderr };
}
