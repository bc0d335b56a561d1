/**
 * What monitoring keeps of a request: its generation record without any content. It has no field that could hold a
 * prompt, code or a stop text; content is in the history under the same id, for as long as its reader keeps it there.
 */
import type { FailureCode } from './failure.ts';
import type {
  EngineDescription,
  FinishReason,
  GenerationParameters,
  GuardReport,
  PhaseTimestamps,
  RecordedSyntax,
  TokenCounts,
} from './generation.ts';

/** How a request ended. `orphaned`: its page was gone before it had ended. */
export type Outcome = FinishReason | 'orphaned';

export const OUTCOMES = [
  'stop',
  'length',
  'cancelled',
  'timeout',
  'error',
  'orphaned',
] as const satisfies readonly Outcome[];

/** The parameters without the stop texts. */
export type RecordedParameters = Omit<GenerationParameters, 'stop'> & {
  readonly stopCount: number;
};

export interface RecordedFailure {
  readonly code: FailureCode;
  /** Which field of the request was refused; null for other failures. */
  readonly field: string | null;
}

/** The phases of a generation and what followed it, in milliseconds since the request was accepted. */
export interface RecordedTimestamps extends PhaseTimestamps {
  /** The syntax verdict was there; null where there is none. */
  readonly checkedMs: number | null;
  /** The record had reached the disk; null until that is known. */
  readonly storedMs: number | null;
}

export interface RequestRecord {
  readonly schemaVersion: 1;
  /** The generation record's; without its dashes it is the trace id. */
  readonly id: string;
  /** The page load that made the request, so that its end can be told when that page is gone. */
  readonly pageId: string;
  /** Wall clock. */
  readonly acceptedAtEpochMs: number;
  /** Wall clock; null while the request is active. */
  readonly endedAtEpochMs: number | null;
  /** null while the request is active. */
  readonly outcome: Outcome | null;
  readonly failure: RecordedFailure | null;
  /** What wrote the text; null where no model was there. */
  readonly engine: EngineDescription | null;
  /** null where they were refused. */
  readonly parameters: RecordedParameters | null;
  readonly seed: number | null;
  /** Unicode code points. */
  readonly promptChars: number;
  /** Unicode code points of what the model wrote, without a given beginning. */
  readonly outputChars: number;
  readonly tokens: TokenCounts;
  readonly timestamps: RecordedTimestamps;
  readonly tokenGapsMs: readonly number[];
  readonly guard: GuardReport;
  readonly syntax: RecordedSyntax | null;
  /** Ids of the rules for destructive commands that the script meets. */
  readonly dangers: readonly string[];
  /** Cosine of the embeddings of prompt and script, in [-1, 1]; null until it is computed, and where it never is. */
  readonly similarity: number | null;
  /** The device slept meanwhile: times of this request are left out of percentiles. */
  readonly isSuspended: boolean;
  /** What debug mode adds; null where it was off. */
  readonly debug: DebugDetail | null;
}

/** As the reader of a debug log wants it, in one place. */
export interface DebugDetail {
  readonly inputTokens: number;
  readonly modelConfig: {
    readonly vocabularySize: number | null;
    readonly layers: number | null;
    readonly width: number | null;
  };
  readonly samplingParameters: RecordedParameters | null;
  readonly totalProcessingTimeMs: number;
}
