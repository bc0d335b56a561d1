/** Damage: bytes, tokens and lines are dropped, doubled, swapped, and put in where they do not belong. */
import type { Random } from './random.ts';

const TOKENS = [
  'if',
  'then',
  'else',
  'elif',
  'fi',
  'do',
  'done',
  'while',
  'for',
  'in',
  'case',
  'esac',
  '{',
  '}',
  '(',
  ')',
  '((',
  '))',
  '[[',
  ']]',
  '[',
  ']',
  ';',
  ';;',
  ';&',
  '&',
  '&&',
  '|',
  '||',
  '|&',
  '\n',
  ' ',
  '\\',
  '\\\n',
  '"',
  "'",
  '`',
  '$',
  '$(',
  '$((',
  '${',
  '$[',
  "$'",
  '$"',
  '<',
  '>',
  '<<',
  '<<-',
  '<<<',
  '<(',
  '>(',
  '>&',
  '<&',
  '&>',
  '=',
  '=(',
  '+=(',
  '#',
  ' #',
  '!',
  'time',
  'coproc',
  'function',
  'select',
  '@(',
  '0',
  '\r',
  '\t',
  '-',
  'E',
  '\u0001',
  '\u007f',
  '\0',
];

/** The script with `count` pieces of damage. */
export function mutate(script: string, random: Random, count: number): string {
  let text = script;
  for (let i = 0; i < count; i++) text = damage(text, random);
  return text;
}

function damage(text: string, random: Random): string {
  const at = random.below(text.length + 1);
  switch (random.below(9)) {
    case 0:
      return text.slice(0, at) + text.slice(at + 1 + random.below(3));
    case 1:
    case 2:
      return text.slice(0, at) + random.pick(TOKENS) + text.slice(at);
    case 3:
      return text.slice(0, at) + random.pick(TOKENS) + text.slice(at + 1);
    case 4: {
      const to = at + random.below(8);
      return text.slice(0, to) + text.slice(at, to) + text.slice(to);
    }
    case 5:
      return random.chance(50) ? text.slice(0, at) : text.slice(at);
    case 6: {
      const words = text.split(/(\s+)/);
      const a = random.below(words.length);
      const b = random.below(words.length);
      [words[a], words[b]] = [words[b] ?? '', words[a] ?? ''];
      return words.join('');
    }
    case 7: {
      const words = text.split(/(\s+|[;&|()<>"'`{}[\]])/);
      words.splice(random.below(words.length), 1);
      return words.join('');
    }
    default:
      return `${text.slice(0, at)}${String.fromCharCode(random.below(128))}${text.slice(at)}`;
  }
}
