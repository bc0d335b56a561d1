/** The files of docs/fleet, as far as the programs at hand can judge them. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { findOrInstallMonitoring } from '../../scripts/find-monitoring.mjs';
import { temporaryFolder } from './support/processes.ts';

const docs = join(import.meta.dirname, '..', '..', 'docs');
const { alertmanager, amtool, prometheus, promtool } = findOrInstallMonitoring();
const read = (name: string): string => readFileSync(join(docs, 'fleet', name), 'utf8');

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

test.each([
  ['prometheus', prometheus],
  ['alertmanager-1', alertmanager],
])('%s knows every option that it is started with', (name, program) => {
  const { services } = parse(read('compose.yml'), { merge: true }) as {
    services: Record<string, { command: readonly string[] }>;
  };
  const options = services[name]?.command ?? [];
  expect(options.join(' ')).toContain('--web.external-url=');
  // With the last one it says who it is, once it has read the others.
  const { status, stderr } = spawnSync(program, [...options, '--version'], { encoding: 'utf8' });
  expect(stderr).not.toContain('error');
  expect(status).toBe(0);
});

test('the title of a message leads to what the page shows, else to Alertmanager', () => {
  const { receivers } = parse(read('alertmanager.yml'), { merge: true }) as {
    receivers: readonly { readonly slack_configs: readonly { readonly title_link: string }[] }[];
  };
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'own.tmpl'), '{{ define "slack.default.titlelink" }}its own{{ end }}');
  const linkOf = (alert: object): string => {
    const data = join(folder, 'data.json');
    writeFileSync(data, JSON.stringify({ Status: 'firing', Alerts: [{ Labels: {}, ...alert }] }));
    const parameters = [
      `--template.glob=${join(folder, '*.tmpl')}`,
      `--template.text=${receivers[0]?.slack_configs[0]?.title_link ?? ''}`,
      `--template.data=${data}`,
    ];
    return spawnSync(amtool, ['template', 'render', ...parameters], { encoding: 'utf8' }).stdout;
  };
  const view = 'https://shell.example.org/#/monitor?from=1&to=2';
  expect(linkOf({ GeneratorURL: view })).toBe(view);
  expect(linkOf({})).toBe('its own');
});

test('what pages measure goes on to Prometheus by an exporter that takes exponential histograms', () => {
  const { exporters, service } = parse(read('collector.yml')) as {
    exporters: Record<string, { readonly endpoint?: string }>;
    service: { pipelines: Record<string, { readonly exporters: readonly string[] }> };
  };
  expect(service.pipelines['metrics']?.exporters).toEqual(['prometheusremotewrite']);
  expect(exporters['prometheusremotewrite']?.endpoint).toBe('http://prometheus:9090/api/v1/write');
  for (const option of ['enable-remote-write-receiver', 'enable-feature=native-histograms']) {
    expect(read('compose.yml')).toContain(option);
  }
});
