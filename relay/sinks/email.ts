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
/** Of the attempts for those who were told to come back later: half an hour, which is longer than greylisting takes. */
const MAX_TRIES_FOR_SOME = 20;
/** Mails remembered that not everybody has. */
const MAX_PARTLY_SENT = 1_000;
/** Somebody will correct the password, and the message is as good as before. */
const LOGIN_FAILED = new Set(['EAUTH', 'ENOAUTH']);

/** A mail that some recipients have. */
interface PartlySent {
  /** Addresses that were put off. */
  readonly waiting: readonly string[];
  readonly refused: number;
  readonly recipients: number;
  readonly tries: number;
}

/** What the server said of one recipient. */
interface Refusal {
  readonly recipient?: string | undefined;
  readonly responseCode?: number | undefined;
}

export class EmailSink implements Sink {
  readonly name = 'email';
  readonly maxBatch = 1;
  readonly minIntervalMs: number;
  readonly isIdempotent = false;
  readonly #options: EmailOptions;
  readonly #transport: ReturnType<typeof smtpTransport>;
  /** By the id of the parcel, oldest first. */
  readonly #partlySent = new Map<string, PartlySent>();

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
    const before = this.#partlySent.get(parcel.id);
    let hasBegun = false;
    // Nobody reads the text before the server has let us in, so that until then it is certain that nothing was sent.
    const content = Readable.from(
      (function* () {
        hasBegun = true;
        yield text;
      })(),
    );
    try {
      const info = await this.#transport.sendMail({
        from,
        to: [...to],
        ...(before === undefined ? {} : { envelope: { from, to: [...before.waiting] } }),
        ...message,
        text: content,
        headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
      });
      const recipients = before?.recipients ?? info.accepted.length + info.rejected.length;
      return this.#settle(parcel.id, { ...before, recipients }, info.rejectedErrors ?? []);
    } catch (error) {
      const outcome = outcomeOf(error, hasBegun);
      if (before === undefined) return outcome;
      // Some have it, so that what is said of the others is no answer to the whole mail.
      const refusals = refusalsIn(error);
      if (refusals.length === before.waiting.length) {
        return this.#settle(parcel.id, before, refusals);
      }
      if (outcome.kind === 'failed') return { ...outcome, isPartlySent: true };
      return this.#settle(
        parcel.id,
        before,
        before.waiting.map(() => ({})),
      );
    }
  }

  close(): void {
    this.#transport.close();
  }

  /** Of a mail that some have: those who were put off get it later, and nobody gets it twice. */
  #settle(
    id: string,
    before: Pick<PartlySent, 'recipients'> & Partial<PartlySent>,
    refusals: readonly Refusal[],
  ): SendOutcome {
    const { recipients } = before;
    const tries = (before.tries ?? 0) + 1;
    const putOff = tries < MAX_TRIES_FOR_SOME ? refusals.filter(isPassing) : [];
    const waiting = putOff.flatMap(({ recipient }) => recipient ?? []);
    const refused = (before.refused ?? 0) + refusals.length - waiting.length;
    this.#partlySent.delete(id);
    if (waiting.length > 0) {
      this.#remember(id, { waiting, refused, recipients, tries });
      return {
        kind: 'failed',
        answer: `SMTP ${putOff[0]?.responseCode}, ${waiting.length} of ${recipients} recipients wait`,
        retryAfterMs: null,
        isUncertain: false,
        isOfThisAlone: true,
        isPartlySent: true,
      };
    }
    const exception = refused === 0 ? '' : `, ${refused} of ${recipients} recipients refused`;
    return { kind: 'delivered', answer: `SMTP 250${exception}` };
  }

  #remember(id: string, partlySent: PartlySent): void {
    this.#partlySent.set(id, partlySent);
    for (const oldest of this.#partlySent.keys()) {
      if (this.#partlySent.size <= MAX_PARTLY_SENT) return;
      this.#partlySent.delete(oldest);
    }
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

function isPassing({ responseCode }: Refusal): boolean {
  return responseCode !== undefined && responseCode < 500;
}

/** Also where some were refused, and then something else went wrong. */
function refusalsIn(error: unknown): readonly Refusal[] {
  return error instanceof Error && 'rejectedErrors' in error
    ? (error.rejectedErrors as readonly Refusal[])
    : [];
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
