/**
 * Slack, by an incoming webhook: one attachment for each alert, coloured by severity, with the state in words. Text from
 * clients is plain text in every field, so that it can neither mention anybody nor pose as a link.
 */
import type { AlertMessage } from '../../src/contracts/alert.ts';
import { facts, headline, oneLine } from './alert-text.ts';
import { postJson } from './post-json.ts';
import type { Parcel, SendOutcome, Sink } from './sink.ts';

export interface SlackOptions {
  readonly webhookUrl: string;
  readonly epochNow: () => number;
  /** Slack itself takes one message a second (docs.slack.dev, “Rate limits”). */
  readonly minIntervalMs: number;
  readonly timeoutMs?: number;
}

// Slack's limits are a little higher: docs.slack.dev, “Blocks” and “Secondary message attachments”.
const TIMEOUT_MS = 5_000;
const MAX_BATCH = 10;
const MAX_SECTION_CHARS = 2_900;
const MAX_FIELD_CHARS = 1_900;
const MAX_FIELDS = 10;

const COLOURS = {
  critical: '#b3261e',
  warning: '#b26a00',
  info: '#2f6f9f',
  resolved: '#2e7d4f',
  unknown: '#6b6f76',
} as const;

export class SlackSink implements Sink {
  readonly name = 'slack';
  readonly maxBatch = MAX_BATCH;
  readonly minIntervalMs: number;
  readonly isIdempotent = false;
  readonly #options: SlackOptions;

  constructor(options: SlackOptions) {
    this.#options = options;
    this.minIntervalMs = options.minIntervalMs;
  }

  send(parcels: readonly Parcel[]): Promise<SendOutcome> {
    const { webhookUrl, epochNow, timeoutMs = TIMEOUT_MS } = this.#options;
    return postJson({ url: webhookUrl, body: slackMessage(parcels), timeoutMs, epochNow });
  }

  close(): void {
    // Nothing is held between attempts.
  }
}

/** The webhook's payload; `text` is what notifications and screen readers get. */
export function slackMessage(parcels: readonly Parcel[]): unknown {
  const lines = parcels.map(({ alert }) => escape(oneLine(headline(alert), 150)));
  return {
    text: lines.join('; '),
    link_names: false,
    unfurl_links: false,
    unfurl_media: false,
    attachments: parcels.map((parcel) => ({
      color: colourOf(parcel.alert),
      fallback: escape(oneLine(headline(parcel.alert), 150)),
      blocks: blocksOf(parcel),
    })),
  };
}

function blocksOf(parcel: Parcel): readonly unknown[] {
  const { alert, id } = parcel;
  const fields = facts(parcel).slice(0, MAX_FIELDS);
  const blocks: unknown[] = [
    { type: 'section', text: plainText(`${headline(alert)}\n${alert.summary}`, MAX_SECTION_CHARS) },
    {
      type: 'section',
      fields: fields.map(([name, value]) => plainText(`${name}: ${value}`, MAX_FIELD_CHARS)),
    },
  ];
  if (alert.runbook !== '') {
    blocks.push({ type: 'section', text: plainText(`To do: ${alert.runbook}`, MAX_SECTION_CHARS) });
  }
  if (alert.link !== '') {
    const text = `<${escape(alert.link).replaceAll('|', '%7C')}|Open the view>`;
    blocks.push({ type: 'section', text: { type: 'mrkdwn', text, verbatim: true } });
  }
  blocks.push({
    type: 'context',
    elements: [plainText(`Alert ${alert.fingerprint}, delivery ${id}`, 200)],
  });
  return blocks;
}

/** The first line may break once, between headline and sentence. */
function plainText(text: string, maxChars: number): unknown {
  const lines = text.split('\n').map((line) => oneLine(line, maxChars >> 1));
  const [head = '', ...rest] = lines;
  const joined = rest.length === 0 ? head : `${head}\n${rest.join(' ')}`;
  return { type: 'plain_text', text: escape(joined), emoji: false };
}

function colourOf({ state, labels }: AlertMessage): string {
  switch (state) {
    case 'resolved':
      return COLOURS.resolved;
    case 'stale':
      return COLOURS.unknown;
    case 'test':
      return COLOURS.info;
    case 'firing':
      return COLOURS[labels.severity];
    default:
      return state satisfies never;
  }
}

/** The three characters that Slack gives a meaning (docs.slack.dev, “Formatting message text”). */
function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
