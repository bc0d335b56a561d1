/** The bench's measures beside those of model/eval/metrics.py, on the cases that both share. */
import { expect, test } from 'vitest';
import { firstUtility, normalised, scoreCommands } from '../../bench/command-scores.ts';
import cases from '../../fixtures/command-scores.json' with { type: 'json' };

test('the scores are those that Python gives', () => {
  const { rows, ...shares } = scoreCommands(cases.rows);
  expect(rows).toBe(cases.scores.rows);
  for (const [name, value] of Object.entries(shares)) {
    expect(value, name).toBeCloseTo(cases.scores[name as keyof typeof shares], 9);
  }
});

test.each(cases.firstUtility)('the first utility of %j is %j', (command, utility) => {
  expect(firstUtility(command)).toBe(utility);
});

test('normalising makes quotes and blanks alike but keeps words', () => {
  expect(normalised("find  . -name '*.txt' ")).toBe(normalised('find . -name "*.txt"'));
  expect(normalised('find . -name *.txt')).not.toBe(normalised('find . -type f'));
});

test('equal text scores 100, foreign text 0', () => {
  const row = { request: 'a', answer: 'ls -la', reference: 'ls -la', passesBashN: true };
  expect(scoreCommands([row])).toMatchObject({ exact: 1, charBleu: 100 });
  expect(scoreCommands([{ ...row, answer: '12345678' }])).toMatchObject({ exact: 0, charBleu: 0 });
});
