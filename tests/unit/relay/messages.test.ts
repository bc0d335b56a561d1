import { describe, expect, test } from 'vitest';
import { emailMessage } from '../../../relay/sinks/email.ts';
import type { Parcel } from '../../../relay/sinks/sink.ts';
import { slackMessage } from '../../../relay/sinks/slack.ts';
import type { AlertMessage } from '../../../src/contracts/alert.ts';
import { alertMessage, fingerprintOf } from '../../fixtures/alert-post.ts';

function parcel(alert: Partial<AlertMessage> = {}, changes: Partial<Parcel> = {}): Parcel {
  return {
    id: '12-0',
    alert: alertMessage(alert),
    device: null,
    skewMs: 0,
    acceptedAtMs: 0,
    mayBeRepeat: false,
    ...changes,
  };
}

const HOSTILE = 'fine <!channel> <https://evil.example|click> & @here\r\nBcc: x@evil.example\u202e';

describe('Slack', () => {
  test('says the state in words, what, how much, since when, and where to look', () => {
    const text = JSON.stringify(slackMessage([parcel()]));
    for (const part of [
      'Firing: Slow answers',
      'p95 latency 3.1 s is above 2 s',
      'Severity: warning',
      'Value: 3.1 s',
      'Threshold: 2 s',
      'Window: 15 min, n = 84',
      'Since: 2026-11-24 09:58:00 UTC',
      'To do: Look at the queue first.',
      'http://localhost:4173/#/monitor?window=15m',
      'delivery 12-0',
    ]) {
      expect(text).toContain(part);
    }
  });

  test.each([
    ['firing', 'critical', 'Firing', '#b3261e'],
    ['firing', 'warning', 'Firing', '#b26a00'],
    ['resolved', 'critical', 'Resolved', '#2e7d4f'],
    ['stale', 'critical', 'Unknown', '#6b6f76'],
    ['test', 'info', 'Test', '#2f6f9f'],
  ] as const)('%s and %s have a word and a colour', (state, severity, word, color) => {
    const labels = { alertname: 'a', severity };
    const message = slackMessage([parcel({ state, labels, endsAt: '2026-11-24T10:00:00Z' })]);
    expect(message).toMatchObject({ text: `${word}: a`, attachments: [{ color }] });
  });

  test('nothing that a client wrote can mention, link or break out', () => {
    const labels = { alertname: HOSTILE, severity: 'info' } as const;
    const message = slackMessage([
      parcel({ summary: HOSTILE, runbook: HOSTILE, labels }, { device: HOSTILE }),
    ]);
    const texts = textsOf(message);
    expect(texts.length).toBeGreaterThan(6);
    for (const { type, text } of texts) {
      if (type === 'mrkdwn') {
        expect(text).toBe('<http://localhost:4173/#/monitor?window=15m|Open the view>');
      } else {
        expect(text).not.toMatch(/[<>\r\u202e]/);
      }
    }
    expect(message).toMatchObject({ link_names: false, unfurl_links: false });
  });

  test('a link cannot end early', () => {
    const message = slackMessage([parcel({ link: 'http://localhost:4173/|x>y<!channel>' })]);
    const link = textsOf(message).find(({ type }) => type === 'mrkdwn')?.text;
    expect(link).toBe('<http://localhost:4173/%7Cx&gt;y&lt;!channel&gt;|Open the view>');
  });

  test('stays within Slack’s limits with the longest that is taken', () => {
    const long = 'é<'.repeat(250);
    const labels = { alertname: 'x'.repeat(100), severity: 'info' } as const;
    const parcels = Array.from({ length: 10 }, () =>
      parcel(
        { summary: long, runbook: 'r'.repeat(1000), labels, state: 'stale' },
        { mayBeRepeat: true, skewMs: 1e7, device: 'd' },
      ),
    );
    const message = slackMessage(parcels);
    for (const { text } of textsOf(message)) expect(text.length).toBeLessThanOrEqual(3_000);
    const { attachments } = message as { attachments: { blocks: { fields?: unknown[] }[] }[] };
    expect(attachments.flatMap(({ blocks }) => blocks).length).toBeLessThanOrEqual(50);
    for (const { blocks } of attachments) {
      for (const { fields } of blocks) expect(fields?.length ?? 0).toBeLessThanOrEqual(10);
    }
  });

  test('says that it may be a repetition', () => {
    expect(JSON.stringify(slackMessage([parcel({}, { mayBeRepeat: true })]))).toContain(
      'may be a repetition',
    );
    expect(JSON.stringify(slackMessage([parcel()]))).not.toContain('may be a repetition');
  });
});

describe('e-mail', () => {
  const DOMAIN = 'example.org';

  test('firing and resolved belong to one thread', () => {
    const firing = emailMessage(parcel(), DOMAIN);
    const resolved = emailMessage(parcel({ state: 'resolved' }, { id: '13-0' }), DOMAIN);
    const other = emailMessage(parcel({ fingerprint: fingerprintOf(9) }), DOMAIN);
    expect(resolved.references).toBe(firing.references);
    expect(resolved.messageId).not.toBe(firing.messageId);
    expect(other.references).not.toBe(firing.references);
    expect(firing.subject).toBe('Firing: Slow answers (warning)');
  });

  test('every attempt has the same id', () => {
    const first = emailMessage(parcel(), DOMAIN);
    const second = emailMessage(parcel({}, { mayBeRepeat: true }), DOMAIN);
    expect(second.messageId).toBe(first.messageId);
    expect(first.messageId).toMatch(/^<[0-9a-f]{32}@example\.org>$/);
  });

  test('a line break in what a client wrote begins no header and no line', () => {
    const labels = { alertname: HOSTILE, severity: 'info' } as const;
    const { subject, text } = emailMessage(
      parcel({ labels, summary: HOSTILE }, { device: HOSTILE }),
      DOMAIN,
    );
    expect(subject).not.toMatch(/[\r\n]/);
    expect(text).not.toMatch(/^Bcc:/m);
  });

  test('a clock that was corrected is named', () => {
    expect(emailMessage(parcel({}, { skewMs: 3_660_000 }), DOMAIN).text).toContain(
      'Clock: ahead by 61 min; times are corrected',
    );
    expect(emailMessage(parcel({}, { skewMs: 10_000 }), DOMAIN).text).not.toContain('Clock:');
  });
});

interface Text {
  readonly type: string;
  readonly text: string;
}

/** Every text object of a message, wherever it is. */
function textsOf(value: unknown): readonly Text[] {
  if (Array.isArray(value)) return value.flatMap(textsOf);
  if (typeof value !== 'object' || value === null) return [];
  const isText = 'type' in value && 'text' in value && typeof value.text === 'string';
  return isText ? [value as Text] : Object.values(value).flatMap(textsOf);
}
