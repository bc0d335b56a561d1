/**
 * E-mail, over TLS with the certificate checked, in plain text. All messages of an alert refer to one that was never
 * sent, so that mail programs show them as one thread; each has a Message-ID that is the same in every attempt, by which
 * many mailboxes drop a repetition.
 */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { createTransport } from 'nodemailer';
import { facts, headline, oneLine } from './alert-text.ts';
import { errorCode } from './post-json.ts';
import type { Parcel, SendOutcome, Sink } from './sink.ts';

export interface EmailOptions {
  readonly server: string;
  readonly port: number;
  /** TLS from the first byte on, not by STARTTLS. */
  readonly isImplicitTls: boolean;
  readonly user: string | null;
  readonly password: string | null;
  readonly from: string;
  readonly to: readonly string[];
  /** PEM of the authority that the server's certificate comes from; null for the usual ones. */
  readonly ca: string | null;
  /** Between messages, as far as the server likes it. */
  readonly minIntervalMs: number;
  readonly timeoutMs?: number;
}

export interface EmailMessage {
  readonly subject: string;
  readonly text: string;
  readonly messageId: string;
  readonly references: string;
}

const TIMEOUT_MS = 10_000;
/** Somebody will correct the password, and the message is as good as before. */
const LOGIN_FAILED = new Set(['EAUTH', 'ENOAUTH']);

export class EmailSink implements Sink {
  readonly name = 'email';
  readonly maxBatch = 1;
  readonly minIntervalMs: number;
  readonly isIdempotent = false;
  readonly #options: EmailOptions;
  readonly #transport: ReturnType<typeof smtpTransport>;

  constructor(options: EmailOptions) {
    this.#options = options;
    this.minIntervalMs = options.minIntervalMs;
    this.#transport = smtpTransport(options);
  }

  async send(parcels: readonly Parcel[]): Promise<SendOutcome> {
    const { from, to } = this.#options;
    const [parcel] = parcels;
    if (parcel === undefined) return { kind: 'delivered', answer: 'nothing to send' };
    const { text, ...message } = emailMessage(parcel, domainOf(from));
    let hasBegun = false;
    // Nobody reads the text before the server has let us in, so that until then it is certain that nothing was sent.
    const content = Readable.from(
      (function* () {
        hasBegun = true;
        yield text;
      })(),
    );
    try {
      await this.#transport.sendMail({
        from,
        to: [...to],
        ...message,
        text: content,
        headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
      });
      return { kind: 'delivered', answer: 'SMTP 250' };
    } catch (error) {
      return outcomeOf(error, hasBegun);
    }
  }

  close(): void {
    this.#transport.close();
  }
}

/** `domain` is the sender's; it makes the ids unique in the world. */
export function emailMessage(parcel: Parcel, domain: string): EmailMessage {
  const { alert, id } = parcel;
  const lines = [
    alert.summary,
    '',
    ...facts(parcel).map(([name, value]) => `${name}: ${value}`),
    ...(alert.runbook === '' ? [] : ['', `To do: ${alert.runbook}`]),
    ...(alert.link === '' ? [] : ['', alert.link]),
    '',
    `Alert ${alert.fingerprint}, delivery ${id}`,
  ];
  const message = createHash('sha256')
    .update(`${id} ${alert.fingerprint} ${alert.state} ${parcel.acceptedAtMs}`)
    .digest('hex');
  return {
    subject: oneLine(`${headline(alert)} (${alert.labels.severity})`, 200),
    text: lines.map((line) => oneLine(line, 1_000)).join('\n'),
    messageId: `<${message.slice(0, 32)}@${domain}>`,
    references: `<alert-${alert.fingerprint}@${domain}>`,
  };
}

function smtpTransport(options: EmailOptions) {
  const { server, port, isImplicitTls, user, password, ca, timeoutMs = TIMEOUT_MS } = options;
  return createTransport({
    host: server,
    port,
    secure: isImplicitTls,
    requireTLS: true,
    ...(user === null ? {} : { auth: { user, pass: password ?? '' } }),
    tls: { minVersion: 'TLSv1.2', rejectUnauthorized: true, ...(ca === null ? {} : { ca }) },
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: 2 * timeoutMs,
    dnsTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
}

function outcomeOf(error: unknown, hasBegun: boolean): SendOutcome {
  const code = errorCode(error);
  const status =
    error instanceof Error && 'responseCode' in error && typeof error.responseCode === 'number'
      ? error.responseCode
      : null;
  const answer = status === null ? code : `SMTP ${status} (${code})`;
  if (status !== null && status >= 500 && !LOGIN_FAILED.has(code)) {
    return { kind: 'refused', answer };
  }
  return { kind: 'failed', answer, retryAfterMs: null, isUncertain: status === null && hasBegun };
}

/** What stands after the last @ of an address such as `a@b.example` or `Relay <a@b.example>`. */
function domainOf(from: string): string {
  return /@([^@>\s]+)>?$/.exec(from)?.[1] ?? 'shellwright.invalid';
}
