/** Opens the history where the browser lets it be kept. */
import type { Failure } from '../contracts/failure.ts';
import { storeFailure } from './attempt.ts';
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
    return { store: new MemoryHistory(), failure: storeFailure(error) };
  }
}
