/** What the history keeps of a request: its record, and what its reader made of the script afterwards. */
import type { GenerationRecord } from './generation.ts';

export interface HistoryEntry {
  readonly schemaVersion: 1;
  /** The record's id. */
  readonly id: string;
  /** The record's, repeated because IndexedDB orders by it. */
  readonly acceptedAtEpochMs: number;
  readonly record: GenerationRecord;
  /** The whole script as it was edited, a given beginning included; null while it is as the model wrote it. */
  readonly editedText: string | null;
}
