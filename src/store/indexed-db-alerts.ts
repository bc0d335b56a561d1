/**
 * Alerting's data in IndexedDB. What an evaluation decides is one transaction, its posts to the relay included: a page
 * that ends in between has either decided nothing or forgets nothing.
 */
import type { AlertRule } from '../contracts/alert.ts';
import type {
  AlertRecord,
  DeadLetter,
  DeliveryLine,
  OutboxEntry,
  RelayChoice,
  Settlement,
  Silence,
} from '../contracts/alert-record.ts';
import type { Result } from '../contracts/failure.ts';
import { newestFirst, nextToSend, postponed, revived } from '../core/alerts/outbox.ts';
import type {
  AlertBook,
  AlertContents,
  AlertRetention,
  AlertStore,
  Decision,
  Lease,
} from './alert-port.ts';
import { attempt } from './attempt.ts';
import type { Database, ShellwrightSchema } from './schema.ts';
import { writeTransaction, type WriteTransaction } from './write-transaction.ts';

const STORES = [
  'alert-rules',
  'alert-state',
  'alerts',
  'silences',
  'outbox',
  'dead-letters',
  'deliveries',
] as const;

type StoreName = (typeof STORES)[number];
type Transaction = WriteTransaction<StoreName>;

export class IndexedDbAlerts implements AlertStore {
  readonly isPersistent = true;
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  book(): Promise<Result<AlertBook>> {
    return attempt(async () => {
      const transaction = this.#database.transaction([
        'alert-rules',
        'alert-state',
        'alerts',
        'silences',
      ]);
      const [editedRules, state, firing, silences] = await Promise.all([
        transaction.objectStore('alert-rules').getAll(),
        transaction.objectStore('alert-state').get('evaluation'),
        transaction.objectStore('alerts').index('by-state').getAll('firing'),
        transaction.objectStore('silences').getAll(),
      ]);
      const { revision, statuses } = evaluationOf(state);
      return { revision, editedRules, statuses, firing, silences };
    });
  }

  decide({ revision, statuses, alerts, outbox }: Decision): Promise<Result<boolean>> {
    return this.#write(['alert-state', 'alerts', 'outbox'], async (transaction) => {
      const state = transaction.objectStore('alert-state');
      if (evaluationOf(await state.get('evaluation')).revision !== revision) return false;
      await Promise.all([
        state.put({ name: 'evaluation', revision: revision + 1, statuses }),
        ...alerts.map((alert) => transaction.objectStore('alerts').put(alert)),
        ...outbox.map((entry) => transaction.objectStore('outbox').put(entry)),
      ]);
      return true;
    });
  }

  alerts(limit: number): Promise<Result<readonly AlertRecord[]>> {
    return attempt(async () => {
      const index = this.#database.transaction('alerts').store.index('by-started');
      const found: AlertRecord[] = [];
      let cursor = limit > 0 ? await index.openCursor(null, 'prev') : null;
      while (cursor !== null && found.length < limit) {
        found.push(cursor.value);
        cursor = await cursor.continue();
      }
      return found;
    });
  }

  putRule(rule: AlertRule): Promise<Result<void>> {
    return this.#write(['alert-rules'], async (transaction) => {
      await transaction.objectStore('alert-rules').put(rule);
    });
  }

  deleteRule(id: string): Promise<Result<void>> {
    return this.#write(['alert-rules'], (transaction) =>
      transaction.objectStore('alert-rules').delete(id),
    );
  }

  putSilence(silence: Silence): Promise<Result<void>> {
    return this.#write(['silences'], async (transaction) => {
      await transaction.objectStore('silences').put(silence);
    });
  }

  deleteSilence(id: string): Promise<Result<void>> {
    return this.#write(['silences'], (transaction) =>
      transaction.objectStore('silences').delete(id),
    );
  }

  outbox(): Promise<Result<readonly OutboxEntry[]>> {
    return attempt(() => this.#database.getAll('outbox'));
  }

  enqueue(entry: OutboxEntry): Promise<Result<void>> {
    return this.#write(['outbox'], async (transaction) => {
      await transaction.objectStore('outbox').put(entry);
    });
  }

  lease({ nowMs, untilMs, dueBeforeMs }: Lease): Promise<Result<OutboxEntry | null>> {
    return this.#write(['outbox'], async (transaction) => {
      const outbox = transaction.objectStore('outbox');
      const next = nextToSend(await outbox.getAll(), nowMs, dueBeforeMs);
      if (next === null) return null;
      const leased = { ...next, leasedUntilMs: untilMs };
      await outbox.put(leased);
      return leased;
    });
  }

  settle(entryId: string, settlement: Settlement): Promise<Result<boolean>> {
    return this.#write(['outbox', 'dead-letters', 'deliveries'], async (transaction) => {
      const outbox = transaction.objectStore('outbox');
      const entry = await outbox.get(entryId);
      if (entry === undefined) return false;
      await Promise.all([
        settlement.kind === 'later'
          ? outbox.put(postponed(entry, settlement.dueAtMs))
          : outbox.delete(entryId),
        settlement.kind === 'dead' &&
          transaction.objectStore('dead-letters').put(settlement.letter),
        transaction.objectStore('deliveries').add(settlement.line),
      ]);
      return true;
    });
  }

  deadLetters(): Promise<Result<readonly DeadLetter[]>> {
    return attempt(async () => newestFirst(await this.#database.getAll('dead-letters')));
  }

  retryDeadLetter(id: string, nowMs: number): Promise<Result<boolean>> {
    return this.#write(['outbox', 'dead-letters'], async (transaction) => {
      const letters = transaction.objectStore('dead-letters');
      const letter = await letters.get(id);
      if (letter === undefined) return false;
      await Promise.all([
        letters.delete(id),
        transaction.objectStore('outbox').put(revived(letter, nowMs)),
      ]);
      return true;
    });
  }

  discardDeadLetter(id: string, line: DeliveryLine): Promise<Result<boolean>> {
    return this.#write(['dead-letters', 'deliveries'], async (transaction) => {
      const letters = transaction.objectStore('dead-letters');
      if ((await letters.getKey(id)) === undefined) return false;
      await Promise.all([letters.delete(id), transaction.objectStore('deliveries').add(line)]);
      return true;
    });
  }

  deliveries(limit: number): Promise<Result<readonly DeliveryLine[]>> {
    return attempt(async () => {
      const found: DeliveryLine[] = [];
      const { store } = this.#database.transaction('deliveries');
      let cursor = limit > 0 ? await store.openCursor(null, 'prev') : null;
      while (cursor !== null && found.length < limit) {
        found.push(cursor.value);
        cursor = await cursor.continue();
      }
      return found;
    });
  }

  relay(): Promise<Result<RelayChoice | null>> {
    return attempt(async () => relayOf(await this.#database.get('alert-state', 'relay')));
  }

  putRelay(choice: RelayChoice): Promise<Result<void>> {
    return this.#write(['alert-state'], async (transaction) => {
      await transaction.objectStore('alert-state').put({ name: 'relay', choice });
    });
  }

  prune(retention: AlertRetention): Promise<Result<readonly DeadLetter[]>> {
    return this.#write([...STORES], async (transaction) => {
      const { maxAlerts, maxDeliveries, maxDeadLetters, silencesBeforeMs } = retention;
      const alerts = transaction.objectStore('alerts');
      // Oldest first; what fires stays.
      let excess = (await alerts.count()) - maxAlerts;
      let cursor = excess > 0 ? await alerts.index('by-started').openCursor() : null;
      while (cursor !== null && excess > 0) {
        if (cursor.value.state !== 'firing') {
          void cursor.delete();
          excess -= 1;
        }
        cursor = await cursor.continue();
      }
      const deliveries = transaction.objectStore('deliveries');
      const lines = await deliveries.getAllKeys();
      const last = lines.at(-maxDeliveries - 1);
      if (last !== undefined) await deliveries.delete(IDBKeyRange.upperBound(last));
      const silences = transaction.objectStore('silences');
      for (const { id, untilMs } of await silences.getAll()) {
        if (untilMs < silencesBeforeMs) void silences.delete(id);
      }
      const letters = transaction.objectStore('dead-letters');
      const surplus = newestFirst(await letters.getAll()).slice(maxDeadLetters);
      for (const { id } of surplus) void letters.delete(id);
      return surplus;
    });
  }

  /** As it is on the disk at one moment. */
  contents(): Promise<Result<AlertContents>> {
    return attempt(async () => {
      const transaction = this.#database.transaction([...STORES]);
      const [editedRules, state, relay, alerts, silences, outbox, deadLetters, deliveries] =
        await Promise.all([
          transaction.objectStore('alert-rules').getAll(),
          transaction.objectStore('alert-state').get('evaluation'),
          transaction.objectStore('alert-state').get('relay'),
          transaction.objectStore('alerts').getAll(),
          transaction.objectStore('silences').getAll(),
          transaction.objectStore('outbox').getAll(),
          transaction.objectStore('dead-letters').getAll(),
          transaction.objectStore('deliveries').getAll(),
        ]);
      const { revision, statuses } = evaluationOf(state);
      return {
        revision,
        statuses,
        editedRules,
        alerts,
        silences,
        outbox,
        deadLetters,
        deliveries,
        relay: relayOf(relay),
      };
    });
  }

  #write<T>(
    stores: StoreName[],
    work: (transaction: Transaction) => Promise<T>,
  ): Promise<Result<T>> {
    return writeTransaction(this.#database, stores, work);
  }
}

type StateEntry = ShellwrightSchema['alert-state']['value'];

function evaluationOf(state: StateEntry | undefined): Pick<AlertBook, 'revision' | 'statuses'> {
  return state?.name === 'evaluation' ? state : { revision: 0, statuses: [] };
}

function relayOf(state: StateEntry | undefined): RelayChoice | null {
  return state?.name === 'relay' ? state.choice : null;
}
