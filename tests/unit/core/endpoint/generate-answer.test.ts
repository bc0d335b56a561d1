import { describe, expect, it } from 'vitest';
import { generateAnswer, phaseTimings } from '../../../../src/core/endpoint/generate-answer.ts';
import { DEFAULT_PARAMETERS } from '../../../../src/core/prompt/parse-parameters.ts';
import { makeRecord } from '../../../fixtures/records.ts';

const TIMES = makeRecord().timestamps;

describe('the answer of POST generate', () => {
  it('has the fields of model services, times in seconds', () => {
    expect(generateAnswer(makeRecord(), false)).toMatchObject({
      id: 'record-1',
      prompt: 'list files',
      generated_code: 'ls\n',
      num_tokens_generated: 2,
      generation_time: 0.09,
      finish_reason: 'stop',
      model_info: { model: 'tiny', backend: 'wasm', precision: 'f32', max_length: 256, seed: 1 },
    });
  });

  it('counts to the end where no token came', () => {
    const record = makeRecord({ timestamps: { ...TIMES, lastTokenMs: null, finishedMs: 250 } });
    expect(generateAnswer(record, false).generation_time).toBe(0.25);
  });

  it('has what debug mode adds only then, and stop texts as their number', () => {
    const record = makeRecord({ parameters: { ...DEFAULT_PARAMETERS, stop: ['canary', 'x'] } });
    expect(generateAnswer(record, false)).not.toHaveProperty('debug');
    const { debug } = generateAnswer(record, true);
    expect(debug).toMatchObject({
      input_tokens: 3,
      model_config: { vocab_size: 100, n_layers: 2, d_model: 32 },
      sampling_params: { seed: 1, stop_count: 2 },
      total_processing_time: 0.091,
    });
    expect(JSON.stringify(debug)).not.toContain('canary');
  });

  it('has null for the model where none ran', () => {
    const { model_info, debug } = generateAnswer(makeRecord({ engine: null }), true);
    expect(model_info).toMatchObject({ model: null, backend: null, precision: null });
    expect(debug?.model_config).toEqual({ vocab_size: null, n_layers: null, d_model: null });
  });
});

describe('phases for Server-Timing', () => {
  it('are what each took, not when it ended', () => {
    expect(phaseTimings(makeRecord())).toEqual([
      ['queue', 1],
      ['tokenize', 1],
      ['prefill', 28],
      ['decode', 60],
    ]);
  });

  it('are only those that it got to', () => {
    const timestamps = { ...TIMES, prefilledMs: null, firstTokenMs: null, lastTokenMs: null };
    expect(phaseTimings(makeRecord({ timestamps })).map(([name]) => name)).toEqual([
      'queue',
      'tokenize',
    ]);
  });
});
