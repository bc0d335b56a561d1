/** Entries as older versions of the page wrote them, with what records have gained since. */
import type { HistoryEntry } from '../contracts/history.ts';

const GAINED = {
  guard: { on: false, refusedTokens: 0, cutBack: false },
  syntax: null,
  dangers: [],
};

export function readEntry(stored: HistoryEntry): HistoryEntry {
  const { record } = stored;
  return {
    ...stored,
    record: {
      ...GAINED,
      ...record,
      engine: record.engine === null ? null : { ...SHAPE_UNKNOWN, ...record.engine },
      parameters: { ...GUARD_OFF, ...record.parameters },
    },
  };
}

const GUARD_OFF = { guard: false };
const SHAPE_UNKNOWN = { layers: null, width: null };
