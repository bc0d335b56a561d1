import { describe, expect, it } from 'vitest';
import { PRECEDENCE, RULES, START } from '../../../bash-parser/grammar.ts';
import { buildTables, type Precedence } from '../../../bash-parser/lalr.ts';

/** Runs the tables on a list of terminals; returns what was reduced, or null on an error. */
function parse(
  rules: readonly string[],
  precedence: readonly Precedence[],
  input: readonly string[],
): string[] | null {
  const tables = buildTables(rules, 's', precedence);
  const stack = [0];
  const reduced: string[] = [];
  const rest = [...input.map((name) => tables.terminals.indexOf(name)), 0];
  for (;;) {
    const state = stack.at(-1) ?? 0;
    const action = tables.actions[state]?.[rest[0] ?? 0] || -(tables.defaults[state] ?? 0);
    if (action > 0) {
      stack.push(action - 1);
      rest.shift();
    } else if (action < 0) {
      const rule = tables.rules[-action - 1];
      if (!rule) return null;
      stack.length -= rule.right.length;
      reduced.push(rule.text);
      const target = tables.gotos[stack.at(-1) ?? 0]?.[rule.left - tables.terminals.length] ?? 0;
      stack.push(target - 1);
      if (
        target === 0 ||
        (rule.left === tables.terminals.length + 1 && stack.length === 2 && rest.length === 1)
      )
        return reduced;
    } else return null;
  }
}

describe('the table generator', () => {
  const sums = ['s: s PLUS s', 's: s TIMES s', 's: NUMBER'];
  const precedence: Precedence[] = [
    { side: 'left', terminals: ['PLUS'] },
    { side: 'right', terminals: ['TIMES'] },
  ];

  it('settles conflicts by precedence and side', () => {
    const left = parse(sums, precedence, ['NUMBER', 'PLUS', 'NUMBER', 'TIMES', 'NUMBER']);
    expect(left?.slice(-2)).toEqual(['s: s TIMES s', 's: s PLUS s']);
    const times = buildTables(sums, 's', precedence);
    expect(times.unresolvedConflicts).toEqual([]);
  });

  it('reports what precedence does not settle', () => {
    expect(buildTables(sums, 's', []).unresolvedConflicts.length).toBeGreaterThan(0);
  });

  it('rejects what the grammar does not have', () => {
    expect(parse(sums, precedence, ['NUMBER', 'NUMBER'])).toBeNull();
    expect(parse(sums, precedence, ['PLUS'])).toBeNull();
  });

  it('finds lookaheads that SLR would not', () => {
    // The textbook grammar that is LALR(1) and not SLR(1): assignments and dereferences.
    const rules = ['s: l IS r', 's: r', 'l: STAR r', 'l: ID', 'r: l'];
    expect(buildTables(rules, 's', []).unresolvedConflicts).toEqual([]);
    expect(parse(rules, [], ['STAR', 'ID', 'IS', 'ID'])).not.toBeNull();
  });

  it("builds bash's grammar without a conflict left to chance", () => {
    const tables = buildTables(RULES, START, PRECEDENCE);
    expect(tables.unresolvedConflicts).toEqual([]);
    expect(tables.stateCount).toBeGreaterThan(250);
  });
});
