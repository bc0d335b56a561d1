/** Opens the history where the browser lets it be kept. */
import { failure, type Failure } from '../contracts/failure.ts';
import { openDatabase } from './database.ts';
import { IndexedDbHistory, MemoryHistory, type HistoryStore } from './history-store.ts';

export interface OpenedHistory {
  readonly store: HistoryStore;
  /** Why it is kept in memory only; null where it is not. */
  readonly failure: Failure | null;
}

export async function openHistory(onClosed: () => void): Promise<OpenedHistory> {
  try {
    return { store: new IndexedDbHistory(await openDatabase({ onClosed })), failure: null };
  } catch (error) {
    const cause = error instanceof DOMException ? error.name : 'unknown';
    return {
      store: new MemoryHistory(),
      failure: failure('store/unavailable', undefined, { cause }),
    };
  }
}
