/** Whether the relay is sent what is counted, for the sums over many browsers. */

export interface TelemetryChoice {
  readonly isOn: boolean;
  /** Wall clock: when it was switched on last. What was counted before stays here. */
  readonly sinceEpochMs: number;
}

export const TELEMETRY_OFF: TelemetryChoice = { isOn: false, sinceEpochMs: 0 };
