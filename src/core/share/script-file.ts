/** What a script is called and holds when it is saved as a file. */

const MAX_NAME_CHARS = 48;
const SHEBANG = '#!/usr/bin/env bash';

/** A file name made of the prompt's first words: `find-all-files-over-100-mb.sh`. */
export function scriptFileName(prompt: string): string {
  const words = prompt
    // Of a script that was begun, what follows its first line tells more.
    .replace(/^#!.*/u, '')
    .normalize('NFKD')
    .replace(/\p{Mark}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/gu, '-')
    .replace(/^-+/u, '');
  const name = words.slice(0, MAX_NAME_CHARS);
  // Cutting at the last whole word reads better than half a word.
  const isCut = words.length > MAX_NAME_CHARS && words[MAX_NAME_CHARS] !== '-';
  const whole = isCut && name.includes('-') ? name.slice(0, name.lastIndexOf('-')) : name;
  return `${whole.replace(/-+$/u, '') || 'script'}.sh`;
}

/** The script with a first line that makes it run under bash, and a last newline, where they are missing. */
export function scriptFileText(script: string): string {
  const body = script.endsWith('\n') ? script : `${script}\n`;
  return body.startsWith('#!') ? body : `${SHEBANG}\n${body}`;
}
