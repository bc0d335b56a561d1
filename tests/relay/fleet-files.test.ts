/** The files of docs/fleet, as far as the programs at hand can judge them. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findOrInstallMonitoring } from '../../scripts/find-monitoring.mjs';
import { temporaryFolder } from './support/processes.ts';

const docs = join(import.meta.dirname, '..', '..', 'docs');
const { amtool, promtool } = findOrInstallMonitoring();

test('promtool accepts the configuration with the rules that go with it', () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'rules'));
  for (const name of ['alert-rules.yml', 'recording-rules.yml']) {
    copyFileSync(join(docs, 'prometheus', name), join(folder, 'rules', name));
  }
  const secret = join(folder, 'token');
  writeFileSync(secret, 'secret');
  // The file of the secret exists in the container only.
  const config = readFileSync(join(docs, 'fleet', 'prometheus.yml'), 'utf8');
  const path = join(folder, 'prometheus.yml');
  writeFileSync(path, config.replace('/run/secrets/relay_metrics_token', secret));
  const { status, stdout, stderr } = spawnSync(promtool, ['check', 'config', path], {
    encoding: 'utf8',
  });
  expect(`${stdout}${stderr}`).toContain('SUCCESS');
  expect(status).toBe(0);
});

test('amtool accepts the configuration, and routes what is critical to e-mail too', () => {
  const path = join(docs, 'fleet', 'alertmanager.yml');
  const checked = spawnSync(amtool, ['check-config', path], { encoding: 'utf8' });
  expect(checked.stdout).toContain('SUCCESS');
  const routed = (severity: string): string =>
    spawnSync(
      amtool,
      ['config', 'routes', 'test', `--config.file=${path}`, `severity=${severity}`, 'alertname=x'],
      { encoding: 'utf8' },
    ).stdout.trim();
  expect(routed('critical')).toBe('slack-and-email');
  expect(routed('warning')).toBe('slack');
});
