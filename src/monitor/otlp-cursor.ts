/** How far each signal was sent, as text that outlives the page. */
import { OTLP_SIGNALS, type OtlpSignal } from '../contracts/otlp.ts';
import { FIRST_MEMORY_LOG_ID } from '../store/monitor-port.ts';

export interface CursorText {
  read(): string;
  write(text: string): void;
}

type Cursors = Readonly<Partial<Record<OtlpSignal, number>>>;

/** A clock that was ahead by more than this has been set back. */
const MAX_AHEAD_MS = 300_000;

export class OtlpCursor {
  readonly #text: CursorText;
  #cursors: Cursors = {};

  constructor(text: CursorText) {
    this.#text = text;
  }

  /** Of these signals; the others are forgotten, so that they begin anew when they are asked for again. */
  read(signals: readonly OtlpSignal[], nowMs: number): Cursors {
    const found = parse(this.#text.read());
    const kept = signals.flatMap((signal): [OtlpSignal, number][] => {
      const cursor = found[signal];
      // Versions before this one wrote ids of lines in memory down, behind which no line of the disk ever comes.
      const last = signal === 'logs' ? FIRST_MEMORY_LOG_ID : nowMs + MAX_AHEAD_MS;
      if (cursor === undefined || cursor > last) return [];
      return [[signal, cursor]];
    });
    this.#cursors = Object.fromEntries(kept);
    return this.#cursors;
  }

  /** They begin anew, with what is measured from then on. */
  forget(signals: readonly OtlpSignal[]): void {
    const kept = Object.entries(parse(this.#text.read())).filter(
      ([signal]) => !signals.some((forgotten) => forgotten === signal),
    );
    this.#text.write(kept.length === 0 ? '' : JSON.stringify(Object.fromEntries(kept)));
  }

  write(signal: OtlpSignal, cursor: number): void {
    this.#cursors = { ...this.#cursors, [signal]: cursor };
    this.#text.write(JSON.stringify(this.#cursors));
  }
}

function parse(text: string): Cursors {
  try {
    const input = JSON.parse(text) as Record<string, unknown> | null;
    return Object.fromEntries(
      OTLP_SIGNALS.flatMap((signal) => {
        const cursor = input?.[signal];
        return typeof cursor === 'number' && Number.isFinite(cursor) ? [[signal, cursor]] : [];
      }),
    );
  } catch {
    // Nothing was sent yet.
    return {};
  }
}
