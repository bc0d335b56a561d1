/** The relay and a real SMTP server with TLS. */
import { expect, test } from 'vitest';
import { freshAlert, freshPost, readDeliveries, sendAlerts } from './support/clients.ts';
import { headerOf, startMailServer } from './support/mail-server.ts';
import { startRelayHere } from './support/relay-here.ts';

test('firing and resolved arrive over STARTTLS, as one thread', async () => {
  const mail = await startMailServer();
  const relay = await startRelayHere(mail.environment);
  await sendAlerts(relay.url, freshPost([freshAlert()]));
  await sendAlerts(
    relay.url,
    freshPost([freshAlert({ state: 'resolved', endsAt: new Date().toISOString() })]),
  );
  await expect.poll(() => mail.mailbox.length).toBe(2);
  const [firing = '', resolved = ''] = mail.mailbox;
  expect(headerOf(firing, 'Subject')).toBe('Firing: Slow answers (warning)');
  expect(headerOf(resolved, 'Subject')).toBe('Resolved: Slow answers (warning)');
  expect(headerOf(firing, 'From')).toBe('Shellwright relay <relay@shell.example>');
  expect(headerOf(firing, 'To')).toBe('ops@example.org');
  expect(headerOf(firing, 'References')).toMatch(/^<alert-0123456789abcdef@shell\.example>$/);
  expect(headerOf(resolved, 'References')).toBe(headerOf(firing, 'References'));
  expect(headerOf(resolved, 'Message-ID')).not.toBe(headerOf(firing, 'Message-ID'));
  expect(headerOf(firing, 'Content-Type')).toMatch(/^text\/plain/);
  expect(headerOf(firing, 'Auto-Submitted')).toBe('auto-generated');
});

test('TLS from the first byte on works too', async () => {
  const mail = await startMailServer({ secure: true });
  const relay = await startRelayHere({ ...mail.environment, SMTP_TLS: 'implicit' });
  await sendAlerts(relay.url, freshPost([freshAlert()]));
  await expect.poll(() => mail.mailbox.length).toBe(1);
});

test('nothing is sent to a server whose certificate nobody knows', async () => {
  const mail = await startMailServer();
  const relay = await startRelayHere({ ...mail.environment, SMTP_CA_FILE: '' });
  await sendAlerts(relay.url, freshPost([freshAlert()]));
  await expect
    .poll(async () => (await readDeliveries(relay.url))[0])
    .toMatchObject({ status: 'queued', answer: 'ESOCKET', mayBeRepeated: false });
  expect(mail.mailbox).toHaveLength(0);
});

test('nothing is sent to a server without TLS', async () => {
  const seen: string[] = [];
  const mail = await startMailServer({
    hideSTARTTLS: true,
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    onMailFrom(address, _session, callback) {
      seen.push(address.address);
      callback();
    },
  });
  const relay = await startRelayHere(mail.environment);
  await sendAlerts(relay.url, freshPost([freshAlert()]));
  await expect
    .poll(async () => (await readDeliveries(relay.url))[0]?.answer)
    .toMatch(/ETLS|EREQUIRETLS|SMTP 5\d\d/);
  expect(seen).toEqual([]);
});

test('a wrong password keeps the alert: somebody will correct it', async () => {
  const mail = await startMailServer();
  const environment = { ...mail.environment, SMTP_PASSWORD: 'wrong' };
  const relay = await startRelayHere(environment);
  await sendAlerts(relay.url, freshPost([freshAlert()]));
  await expect
    .poll(async () => (await readDeliveries(relay.url))[0])
    .toMatchObject({ status: 'queued', answer: 'SMTP 535 (EAUTH)' });
  await relay.close();

  const corrected = await startRelayHere({ ...mail.environment, RELAY_DATA: relay.dataFolder });
  await expect.poll(() => mail.mailbox.length).toBe(1);
  await expect.poll(async () => (await readDeliveries(corrected.url))[0]?.status).toBe('delivered');
});

test('a server that is busy gets the message later, once', async () => {
  const mail = await startMailServer();
  mail.refuse = (attempt) => (attempt === 1 ? { status: 451 } : null);
  const relay = await startRelayHere(mail.environment);
  await sendAlerts(relay.url, freshPost([freshAlert()]));
  await expect.poll(() => mail.mailbox.length).toBe(1);
  await expect
    .poll(async () => (await readDeliveries(relay.url))[0])
    .toMatchObject({ status: 'delivered', attempts: 2, mayBeRepeated: false });
});

test('a message that is refused for good is a dead letter', async () => {
  const mail = await startMailServer();
  mail.refuse = () => ({ status: 550 });
  const relay = await startRelayHere(mail.environment);
  await sendAlerts(relay.url, freshPost([freshAlert()]));
  await expect
    .poll(async () => (await readDeliveries(relay.url))[0])
    .toMatchObject({ status: 'dead', answer: 'SMTP 550 (EMESSAGE)', attempts: 1 });
});

test('line breaks in what a page sends begin no header', async () => {
  const mail = await startMailServer();
  const relay = await startRelayHere(mail.environment);
  const hostile = 'slow\r\nBcc: everybody@evil.example\r\n\r\nbody';
  const labels = { alertname: hostile, severity: 'critical' } as const;
  await sendAlerts(
    relay.url,
    freshPost([freshAlert({ labels, summary: hostile, runbook: hostile })]),
  );
  await expect.poll(() => mail.mailbox.length).toBe(1);
  const [message = ''] = mail.mailbox;
  expect(headerOf(message, 'Bcc')).toBe('');
  expect(headerOf(message, 'Subject')).toContain('slow Bcc: everybody@evil.example');
});

test('the mail of a second attempt has the id of the first', async () => {
  const ids: string[] = [];
  const mail = await startMailServer({
    onData(stream, _session, callback) {
      let message = '';
      stream.on('data', (bytes: Buffer) => (message += bytes.toString()));
      stream.on('end', () => {
        ids.push(headerOf(message, 'Message-ID'));
        // Taken, but the answer never arrives.
        if (ids.length === 1) mail.dropConnections();
        else callback();
      });
    },
  });
  const relay = await startRelayHere(mail.environment);
  await sendAlerts(relay.url, freshPost([freshAlert()]));
  await expect.poll(() => ids.length).toBe(2);
  expect(ids[1]).toBe(ids[0]);
  await expect
    .poll(async () => (await readDeliveries(relay.url))[0])
    .toMatchObject({ status: 'delivered', mayBeRepeated: true });
});
