/**
 * A small LALR(1) table generator: LR(0) states, lookaheads by propagation until nothing changes, conflicts settled
 * by precedence, and default reductions (the commonest reduction of a state also stands for "error", so that a state
 * which can only reduce does so before its next token is read). Source of the method: Aho, Lam, Sethi, Ullman,
 * "Compilers", 2nd edition, sections 4.7 and 4.8.
 */
interface Rule {
  readonly left: number;
  readonly right: readonly number[];
  readonly action: string;
  readonly text: string;
}

export interface Tables {
  readonly terminals: readonly string[];
  readonly nonterminals: readonly string[];
  readonly rules: readonly Rule[];
  readonly stateCount: number;
  /** [state][terminal]: 0 error, n > 0 shift to state n - 1, n < 0 reduce by rule -n - 1. Explicit entries only. */
  readonly actions: readonly Int16Array[];
  /** [state]: the rule + 1 to reduce by when `actions` says 0, or 0. */
  readonly defaults: Int16Array;
  /** [state]: 1 where the default reduction needs no lookahead. */
  readonly consistent: Uint8Array;
  /** [state][nonterminal]: state + 1, or 0. */
  readonly gotos: readonly Uint16Array[];
  /** [state]: the symbol by which the state is entered. */
  readonly accessing: readonly number[];
  readonly unresolvedConflicts: readonly string[];
}

export interface Precedence {
  readonly side: 'left' | 'right';
  readonly terminals: readonly string[];
}

/** Builds the tables. Symbols in upper case are terminals; symbol numbers are terminals first, then nonterminals. */
export function buildTables(
  ruleTexts: readonly string[],
  start: string,
  precedence: readonly Precedence[],
): Tables {
  const parsed = ruleTexts.map((text) => {
    const [left = '', rest = ''] = text.split(':');
    const words = rest.trim().split(/\s+/).filter(Boolean);
    const action = words.find((word) => word.startsWith('@'))?.slice(1) ?? '';
    return { left, right: words.filter((word) => !word.startsWith('@')), action, text };
  });
  const terminals = ['$end'];
  const nonterminals = ['$start'];
  const number = (list: string[], name: string): void => {
    if (!list.includes(name)) list.push(name);
  };
  for (const rule of parsed) number(nonterminals, rule.left);
  for (const rule of parsed)
    for (const name of rule.right) if (/^[A-Z]/.test(name)) number(terminals, name);
  const symbol = (name: string): number => {
    const terminal = terminals.indexOf(name);
    if (terminal >= 0) return terminal;
    const nonterminal = nonterminals.indexOf(name);
    if (nonterminal < 0) throw new Error(`grammar: ${name} is never defined`);
    return terminals.length + nonterminal;
  };
  const T = terminals.length;
  const rules: Rule[] = parsed.map((rule) => ({
    left: symbol(rule.left),
    right: rule.right.map(symbol),
    action: rule.action,
    text: rule.text,
  }));
  const augmented = rules.length;
  const all: Rule[] = [...rules, { left: T, right: [symbol(start)], action: '', text: '$start' }];

  const rulesOf = new Map<number, number[]>();
  all.forEach((rule, index) => rulesOf.set(rule.left, [...(rulesOf.get(rule.left) ?? []), index]));

  const nullable = new Set<number>();
  const first = new Map<number, Set<number>>();
  for (let s = 0; s < T + nonterminals.length; s++) first.set(s, new Set(s < T ? [s] : []));
  for (let changed = true; changed;) {
    changed = false;
    for (const rule of all) {
      const target = first.get(rule.left)!;
      const before = target.size;
      let allNullable = true;
      for (const s of rule.right) {
        for (const t of first.get(s)!) target.add(t);
        if (!nullable.has(s)) {
          allNullable = false;
          break;
        }
      }
      if (target.size !== before) changed = true;
      if (allNullable && !nullable.has(rule.left)) {
        nullable.add(rule.left);
        changed = true;
      }
    }
  }

  // An LR(0) item is rule * 64 + dot; kernels name the states.
  const closure = (kernel: readonly number[]): number[] => {
    const items = [...kernel];
    const seen = new Set<number>();
    for (let i = 0; i < items.length; i++) {
      const next = all[items[i]! >> 6]!.right[items[i]! & 63];
      if (next === undefined || next < T || seen.has(next)) continue;
      seen.add(next);
      for (const rule of rulesOf.get(next)!) if (!items.includes(rule << 6)) items.push(rule << 6);
    }
    return items;
  };
  const kernels: number[][] = [[augmented << 6]];
  const names = new Map<string, number>([[String(augmented << 6), 0]]);
  const transitions: Map<number, number>[] = [];
  const accessing: number[] = [0];
  for (let s = 0; s < kernels.length; s++) {
    const moves = new Map<number, number[]>();
    for (const item of closure(kernels[s]!)) {
      const next = all[item >> 6]!.right[item & 63];
      if (next !== undefined) moves.set(next, [...(moves.get(next) ?? []), item + 1]);
    }
    const out = new Map<number, number>();
    for (const [sym, items] of moves) {
      items.sort((a, b) => a - b);
      const name = items.join();
      let target = names.get(name);
      if (target === undefined) {
        target = kernels.length;
        kernels.push(items);
        names.set(name, target);
        accessing.push(sym);
      }
      out.set(sym, target);
    }
    transitions.push(out);
  }

  // LALR lookaheads: propagate LR(1) closures through the LR(0) states until nothing grows.
  const lookaheads: Map<number, Set<number>>[] = kernels.map(
    (kernel) => new Map(kernel.map((item) => [item, new Set<number>()])),
  );
  lookaheads[0]!.get(augmented << 6)!.add(0);
  const closureWithLookaheads = (state: number): Map<number, Set<number>> => {
    const items = new Map<number, Set<number>>();
    for (const [item, set] of lookaheads[state]!) items.set(item, new Set(set));
    for (let changed = true; changed;) {
      changed = false;
      for (const [item, set] of [...items]) {
        const rule = all[item >> 6]!;
        const dot = item & 63;
        const next = rule.right[dot];
        if (next === undefined || next < T) continue;
        const follow = new Set<number>();
        let rest = dot + 1;
        for (; rest < rule.right.length; rest++) {
          for (const t of first.get(rule.right[rest]!)!) follow.add(t);
          if (!nullable.has(rule.right[rest]!)) break;
        }
        if (rest === rule.right.length) for (const t of set) follow.add(t);
        for (const r of rulesOf.get(next)!) {
          const key = r << 6;
          let target = items.get(key);
          if (!target) items.set(key, (target = new Set()));
          const before = target.size;
          for (const t of follow) target.add(t);
          if (target.size !== before) changed = true;
        }
      }
    }
    return items;
  };
  const dirty = new Set(kernels.keys());
  for (const state of dirty) {
    dirty.delete(state);
    for (const [item, set] of closureWithLookaheads(state)) {
      const next = all[item >> 6]!.right[item & 63];
      if (next === undefined) continue;
      const target = transitions[state]!.get(next)!;
      const into = lookaheads[target]!.get(item + 1)!;
      const before = into.size;
      for (const t of set) into.add(t);
      if (into.size !== before) dirty.add(target);
    }
  }

  const level = new Map<number, { rank: number; side: string }>();
  precedence.forEach((group, rank) => {
    for (const name of group.terminals) level.set(symbol(name), { rank, side: group.side });
  });
  const rulePrecedence = (rule: Rule): { rank: number; side: string } | undefined => {
    const last = rule.right.findLast((s) => s < T);
    return last === undefined ? undefined : level.get(last);
  };

  const unresolvedConflicts: string[] = [];
  const actions: Int16Array[] = [];
  const gotos: Uint16Array[] = [];
  const defaults = new Int16Array(kernels.length);
  const consistent = new Uint8Array(kernels.length);
  kernels.forEach((_, state) => {
    const row = new Int16Array(T);
    const goto = new Uint16Array(nonterminals.length);
    for (const [sym, target] of transitions[state]!) {
      if (sym < T) row[sym] = target + 1;
      else goto[sym - T] = target + 1;
    }
    const counts = new Map<number, number>();
    const reductions = [...closureWithLookaheads(state)]
      .filter(([item]) => all[item >> 6]!.right.length === (item & 63))
      .sort(([a], [b]) => (a >> 6) - (b >> 6));
    for (const [item, set] of reductions) {
      const index = item >> 6;
      if (index === augmented) continue;
      const rule = all[index]!;
      for (const t of set) {
        const present = row[t]!;
        if (present === 0) row[t] = -index - 1;
        else if (present > 0) {
          const a = rulePrecedence(rule);
          const b = level.get(t);
          if (!a || !b)
            unresolvedConflicts.push(`state ${state}: shift ${terminals[t]} or ${rule.text}`);
          else if (a.rank > b.rank || (a.rank === b.rank && a.side === 'left')) row[t] = -index - 1;
        } else
          unresolvedConflicts.push(`state ${state}: ${rule.text} or ${all[-present - 1]!.text}`);
      }
    }
    for (const entry of row) if (entry < 0) counts.set(entry, (counts.get(entry) ?? 0) + 1);
    let best = 0;
    for (const [entry, count] of [...counts].sort(([a], [b]) => b - a))
      if (best === 0 || count > counts.get(best)!) best = entry;
    if (best !== 0) {
      defaults[state] = -best;
      for (let t = 0; t < T; t++) if (row[t] === best) row[t] = 0;
      consistent[state] = row.every((entry) => entry === 0) ? 1 : 0;
    }
    actions.push(row);
    gotos.push(goto);
  });
  return {
    terminals,
    nonterminals,
    rules,
    stateCount: kernels.length,
    actions,
    defaults,
    consistent,
    gotos,
    accessing,
    unresolvedConflicts,
  };
}
