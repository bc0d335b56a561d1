import { expect, it } from 'vitest';
import { chooseBackend } from '../../../src/engine/pack/choose-backend.ts';

it.each([
  ['was chosen', false, 'You chose WASM.'],
  ['is left after lost devices', true, 'The graphics device was lost twice.'],
])('WASM says that it %s', async (_, isRecovery, reason) => {
  const options = { backend: 'wasm', precision: null, threads: 1 } as const;
  expect(await chooseBackend(options, isRecovery)).toMatchObject({
    ok: true,
    value: { backend: 'wasm', reason },
  });
});
