/** Slack's end of a webhook: it answers as a test says, and keeps what it has taken. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export type SlackAnswer =
  | { readonly kind: 'status'; readonly status: number; readonly retryAfterSeconds?: number }
  /** Takes the message and never answers. */
  | { readonly kind: 'hang' }
  /** Takes the message and cuts the connection. */
  | { readonly kind: 'reset' };

export interface SlackMessage {
  readonly atMs: number;
  readonly deliveries: readonly { readonly id: string; readonly saysRepeat: boolean }[];
  readonly text: string;
}

export interface SlackStandIn {
  readonly webhookUrl: string;
  /** For the relay's environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** What it was sent, whatever it answered. */
  readonly received: readonly SlackMessage[];
  /** What it has answered with 200. */
  readonly taken: readonly SlackMessage[];
  answer: (message: SlackMessage) => SlackAnswer;
  /** How long it takes to answer. */
  delayMs: () => number;
}

const PATH = '/services/T0/B0/secret';

export async function startSlack(): Promise<SlackStandIn> {
  const received: SlackMessage[] = [];
  const taken: SlackMessage[] = [];
  const server = createServer((request, response) => void handle(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const webhookUrl = `http://127.0.0.1:${port}${PATH}`;
  const slack = {
    webhookUrl,
    environment: {
      SLACK_WEBHOOK_URL: webhookUrl,
      SLACK_WEBHOOK_HOST: `127.0.0.1:${port}`,
      SLACK_INTERVAL_MS: '0',
    },
    received,
    taken,
    answer: (): SlackAnswer => ({ kind: 'status', status: 200 }),
    delayMs: () => 0,
  } as SlackStandIn;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const message: SlackMessage = {
      atMs: performance.now(),
      deliveries: deliveriesOf(body),
      text: body,
    };
    received.push(message);
    const answer =
      request.url === PATH ? slack.answer(message) : ({ kind: 'status', status: 404 } as const);
    if (answer.kind === 'hang') return;
    if (answer.kind === 'reset') return void request.socket.resetAndDestroy();
    await new Promise((resolve) => setTimeout(resolve, slack.delayMs()));
    if (answer.status === 200) taken.push(message);
    const { retryAfterSeconds } = answer;
    response.writeHead(answer.status, {
      ...(retryAfterSeconds === undefined ? {} : { 'Retry-After': String(retryAfterSeconds) }),
    });
    response.end(answer.status === 200 ? 'ok' : 'error');
  }
  return slack;
}

function deliveriesOf(body: string): SlackMessage['deliveries'] {
  const { attachments } = JSON.parse(body) as { attachments: unknown[] };
  return attachments.map((attachment) => {
    const text = JSON.stringify(attachment);
    return {
      id: /delivery (\d+-\d+)/.exec(text)?.[1] ?? '',
      saysRepeat: text.includes('may be a repetition'),
    };
  });
}
