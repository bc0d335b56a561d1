/** A real SMTP server with TLS and a mailbox. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { onTestFinished } from 'vitest';

const tlsFolder = join(import.meta.dirname, '..', '..', 'fixtures', 'relay-tls');
export const AUTHORITY_FILE = join(tlsFolder, 'authority.pem');
export const PASSWORD = 'correct-horse';

export interface MailServer {
  readonly port: number;
  /** For the relay's environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Raw messages, in the order of arrival. */
  readonly mailbox: readonly string[];
  /** Answer to the end of a message; null for 250. */
  refuse: (attempt: number) => { readonly status: number } | null;
  dropConnections(): void;
}

export async function startMailServer(options: SMTPServerOptions = {}): Promise<MailServer> {
  const mailbox: string[] = [];
  let attempts = 0;
  const mail = { refuse: () => null } as unknown as MailServer;
  const server = new SMTPServer({
    key: readFileSync(join(tlsFolder, 'server-key.pem')),
    cert: readFileSync(join(tlsFolder, 'server.pem')),
    disableReverseLookup: true,
    onAuth({ username, password }, _session, callback) {
      const isRight = username === 'relay' && password === PASSWORD;
      callback(isRight ? null : new Error('Wrong password'), isRight ? { user: username } : {});
    },
    onData(stream, _session, callback) {
      let message = '';
      stream.on('data', (bytes: Buffer) => (message += bytes.toString()));
      stream.on('end', () => {
        const refusal = mail.refuse(++attempts);
        if (refusal === null) mailbox.push(message);
        callback(
          refusal === null
            ? null
            : Object.assign(new Error('Not taken'), { responseCode: refusal.status }),
        );
      });
    },
    ...options,
  });
  server.on('error', () => undefined); // Clients that end a connection early.
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  onTestFinished(() => new Promise((resolve) => server.close(() => resolve())));
  const sockets = new Set<Socket>();
  server.server.on('connection', (socket: Socket) => sockets.add(socket));
  const { port } = server.server.address() as AddressInfo;
  return Object.assign(mail, {
    port,
    mailbox,
    dropConnections() {
      for (const socket of sockets) socket.resetAndDestroy();
    },
    environment: {
      SMTP_SERVER: 'localhost',
      SMTP_PORT: String(port),
      SMTP_USER: 'relay',
      SMTP_PASSWORD: PASSWORD,
      SMTP_FROM: 'Shellwright relay <relay@shell.example>',
      SMTP_CA_FILE: AUTHORITY_FILE,
      SMTP_INTERVAL_MS: '0',
      ALERT_EMAIL: 'ops@example.org',
    },
  });
}

/** The value of a header, unfolded; empty where there is none. */
export function headerOf(message: string, name: string): string {
  const unfolded = message.replaceAll(/\r\n[ \t]+/g, ' ');
  return new RegExp(`^${name}: (.*)$`, 'im').exec(unfolded)?.[1]?.trim() ?? '';
}
