/** Stop texts as a person types them: one a line, with `\n`, `\t` and `\\` for what a line cannot hold. */

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '\\': '\\' };

/** Returns the texts; empty lines are none. An unknown escape stays as it is typed. */
export function parseStopLines(lines: string): string[] {
  return lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.replace(/\\(.)/gu, (whole, key: string) => ESCAPES[key] ?? whole));
}

/** The inverse of `parseStopLines`. */
export function formatStopLines(stop: readonly string[]): string {
  return stop
    .map((text) =>
      text
        .replaceAll('\\', '\\\\')
        .replaceAll('\n', '\\n')
        .replaceAll('\t', '\\t')
        .replaceAll('\r', '\\r'),
    )
    .join('\n');
}
