/** Where figures, traces and logs are sent in OpenTelemetry's protocol, and what of them. */

export const OTLP_SIGNALS = ['metrics', 'traces', 'logs'] as const;

export type OtlpSignal = (typeof OTLP_SIGNALS)[number];

export interface OtlpChoice {
  readonly isOn: boolean;
  /** Of the receiver, such as `https://collector.example:4318`; `/v1/metrics` and so on are added. */
  readonly endpoint: string;
  readonly signals: readonly OtlpSignal[];
  /** Semantic conventions for generative AI: version 1.41, or the names proposed for their successor. */
  readonly names: '1.41' | 'inference';
}

export const OTLP_OFF: OtlpChoice = {
  isOn: false,
  endpoint: '',
  signals: ['metrics', 'traces', 'logs'],
  names: '1.41',
};
