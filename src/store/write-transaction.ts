/** Transactions that write, all of it or nothing, with their failures as data. */
import type { IDBPTransaction, StoreNames } from 'idb';
import type { Result } from '../contracts/failure.ts';
import { attempt } from './attempt.ts';
import type { Database, ShellwrightSchema } from './schema.ts';

type StoreName = StoreNames<ShellwrightSchema>;

export type WriteTransaction<Name extends StoreName> = IDBPTransaction<
  ShellwrightSchema,
  Name[],
  'readwrite'
>;

/** Returns what `work` does once all of it is written; where anything fails, nothing is. */
export function writeTransaction<Name extends StoreName, T>(
  database: Database,
  stores: Name[],
  work: (transaction: WriteTransaction<Name>) => Promise<T>,
  options: IDBTransactionOptions = {},
): Promise<Result<T>> {
  return attempt(async () => {
    const transaction = database.transaction(stores, 'readwrite', options);
    // Awaited below in any case, but a failing request would leave it rejected and unheard before that.
    transaction.done.catch(() => undefined);
    try {
      const value = await work(transaction);
      await transaction.done;
      return value;
    } catch (error) {
      abort(transaction);
      throw transaction.error ?? error;
    }
  });
}

function abort(transaction: { abort(): void }): void {
  try {
    transaction.abort();
  } catch {
    // It has ended already: by its own failure, or with its connection.
  }
}
