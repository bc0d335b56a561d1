/** Of several recipients of an e-mail, one whom the server put off or refused never got it, and nothing said so. */
import { readFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { EmailSink } from '../../relay/sinks/email.ts';
import type { Parcel } from '../../relay/sinks/sink.ts';
import { alertMessage } from '../fixtures/alert-post.ts';
import { AUTHORITY_FILE, PASSWORD, startMailServer } from '../relay/support/mail-server.ts';

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
