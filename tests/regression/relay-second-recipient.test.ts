/**
 * Of several recipients of an e-mail, one whom the server put off or refused never got it, and nothing said so. Later those
 * who had it got it again after a restart, and nothing said that it was a repetition.
 */
import { readFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { EmailSink } from '../../relay/sinks/email.ts';
import type { Parcel } from '../../relay/sinks/sink.ts';
import { alertMessage } from '../fixtures/alert-post.ts';
import { freshAlert, freshPost, readDeliveries, sendAlerts } from '../relay/support/clients.ts';
import { AUTHORITY_FILE, PASSWORD, startMailServer } from '../relay/support/mail-server.ts';
import { startRelayHere } from '../relay/support/relay-here.ts';

const PARCEL: Parcel = {
  id: '12-0',
  alert: alertMessage(),
  device: null,
  skewMs: 0,
  acceptedAtMs: 0,
  mayBeRepeat: false,
};

/** `statusOf` is the answer to a recipient in the given attempt; 250 takes it. */
async function sinkWith(statusOf: (recipient: string, attempt: number) => number) {
  const tries: string[] = [];
  const mail = await startMailServer({
    onRcptTo({ address }, _session, callback) {
      tries.push(address);
      const responseCode = statusOf(address, tries.filter((tried) => tried === address).length);
      callback(responseCode === 250 ? null : Object.assign(new Error('No'), { responseCode }));
    },
  });
  const sink = new EmailSink({
    server: 'localhost',
    port: mail.port,
    isImplicitTls: false,
    user: 'relay',
    password: PASSWORD,
    from: 'Shellwright relay <relay@shell.example>',
    to: ['Ops <ops@example.org>', 'night@example.org'],
    ca: readFileSync(AUTHORITY_FILE, 'utf8'),
    minIntervalMs: 0,
  });
  onTestFinished(() => sink.close());
  return { sink, mail, tries };
}

test('who was put off gets it later, and who has it does not get it again', async () => {
  const { sink, mail, tries } = await sinkWith((recipient, attempt) =>
    recipient.startsWith('night') && attempt === 1 ? 451 : 250,
  );
  expect(await sink.send([PARCEL])).toMatchObject({
    kind: 'failed',
    answer: 'SMTP 451, 1 of 2 recipients wait',
    isUncertain: false,
    isOfThisAlone: true,
  });
  expect(await sink.send([PARCEL])).toEqual({ kind: 'delivered', answer: 'SMTP 250' });
  expect(tries).toEqual(['ops@example.org', 'night@example.org', 'night@example.org']);
  expect(mail.mailbox).toHaveLength(2);
});

test('who is refused is told of, and holds up nobody', async () => {
  const { sink, mail } = await sinkWith((recipient) => (recipient.startsWith('ops') ? 550 : 250));
  expect(await sink.send([PARCEL])).toEqual({
    kind: 'delivered',
    answer: 'SMTP 250, 1 of 2 recipients refused',
  });
  expect(mail.mailbox).toHaveLength(1);
});

test('who is refused after having been put off has not made the mail undelivered', async () => {
  const { sink } = await sinkWith((recipient, attempt) =>
    recipient.startsWith('ops') ? 250 : attempt === 1 ? 450 : 550,
  );
  await sink.send([PARCEL]);
  expect(await sink.send([PARCEL])).toEqual({
    kind: 'delivered',
    answer: 'SMTP 250, 1 of 2 recipients refused',
  });
});

test('who is put off for ever is given up', async () => {
  const { sink, tries } = await sinkWith((recipient) => (recipient.startsWith('ops') ? 250 : 452));
  let attempts = 1;
  for (; (await sink.send([PARCEL])).kind === 'failed'; attempts++);
  expect(attempts).toBe(20);
  expect(tries.filter((address) => address.startsWith('ops'))).toHaveLength(1);
});

/** A relay with two recipients; the server puts the second off as long as `isPutOff` says. */
async function relayWith(isPutOff: () => boolean) {
  const mail = await startMailServer({
    onRcptTo({ address }, _session, callback) {
      const isWanted = address.startsWith('ops') || !isPutOff();
      callback(isWanted ? null : Object.assign(new Error('No'), { responseCode: 451 }));
    },
  });
  const environment = { ...mail.environment, ALERT_EMAIL: 'ops@example.org, night@example.org' };
  return { mail, environment, relay: await startRelayHere(environment) };
}

test('what some have is marked as a possible repetition after a restart', async () => {
  let isPutOff = true;
  const { mail, environment, relay } = await relayWith(() => isPutOff);
  await sendAlerts(relay.url, freshPost([freshAlert()]));
  await expect
    .poll(async () => (await readDeliveries(relay.url))[0]?.answer)
    .toBe('SMTP 451, 1 of 2 recipients wait');
  await relay.close();
  expect(mail.mailbox).toHaveLength(1);
  expect(mail.mailbox[0]).not.toContain('may be a repetition');

  isPutOff = false;
  const next = await startRelayHere({ ...environment, RELAY_DATA: relay.dataFolder });
  await expect
    .poll(async () => (await readDeliveries(next.url))[0])
    .toMatchObject({ status: 'delivered', mayBeRepeated: true });
  expect(mail.mailbox).toHaveLength(2);
  expect(mail.mailbox[1]).toContain('may be a repetition');
});

test('and not for whom it was put off, where the relay lives on', async () => {
  let wasPutOff = false;
  const { mail, relay } = await relayWith(() => !wasPutOff && (wasPutOff = true));
  await sendAlerts(relay.url, freshPost([freshAlert()]));
  await expect
    .poll(async () => (await readDeliveries(relay.url))[0])
    .toMatchObject({ status: 'delivered', attempts: 2, mayBeRepeated: false });
  expect(mail.mailbox).toHaveLength(2);
  for (const message of mail.mailbox) expect(message).not.toContain('may be a repetition');
});
