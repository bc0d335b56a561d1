/** Opens the history where the browser lets it be kept. */
import { failure, FailureError, type Failure } from '../contracts/failure.ts';
import { storeFailure } from './attempt.ts';
import { openDatabase, type ClosedCause } from './database.ts';
import { IndexedDbHistory, MemoryHistory, type HistoryStore } from './history-store.ts';
import type { Database } from './schema.ts';

export interface OpenedHistory {
  readonly store: HistoryStore;
  /** Why it is kept in memory only; null where it is not. */
  readonly failure: Failure | null;
}

type OpenConnection = (options: {
  readonly onClosed: (cause: ClosedCause) => void;
}) => Promise<Database>;

const OUTDATED = failure(
  'store/unavailable',
  'A newer version of this page is open in another tab.',
);
const ENDED = failure(
  'store/unavailable',
  'The browser closed the history. It is opened again when it is next used.',
);

/** `onClosed` hears why the connection has ended; one that the browser closed is opened again on the next use. */
export async function openHistory(
  onClosed: (cause: Failure) => void,
  open: OpenConnection = openDatabase,
): Promise<OpenedHistory> {
  const connection = new Connection(open, onClosed);
  try {
    await connection.get();
    return { store: new IndexedDbHistory(() => connection.get()), failure: null };
  } catch (error) {
    return { store: new MemoryHistory(), failure: storeFailure(error) };
  }
}

class Connection {
  readonly #open: OpenConnection;
  readonly #onClosed: (cause: Failure) => void;
  #opened: Promise<Database> | null = null;
  #isOutdated = false;

  constructor(open: OpenConnection, onClosed: (cause: Failure) => void) {
    this.#open = open;
    this.#onClosed = onClosed;
  }

  async get(): Promise<Database> {
    // What the newer version made of the database is not for this one to read.
    if (this.#isOutdated) throw new FailureError(OUTDATED);
    this.#opened ??= this.#open({ onClosed: (cause) => this.#forget(cause) });
    try {
      return await this.#opened;
    } catch (error) {
      this.#opened = null;
      throw isOutdatedFor(error) ? new FailureError(OUTDATED, { cause: error }) : error;
    }
  }

  #forget(cause: ClosedCause): void {
    this.#opened = null;
    this.#isOutdated = cause === 'outdated';
    this.#onClosed(this.#isOutdated ? OUTDATED : ENDED);
  }
}

function isOutdatedFor(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'VersionError';
}
