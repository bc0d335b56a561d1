/** Reads Prometheus text as a test wants it. */

export type Labels = Readonly<Record<string, string>>;

/** Sum of the samples with this name that have these labels. @throws where there is none: 0 would hide a wrong name */
export function sample(text: string, name: string, labels: Labels = {}): number {
  const found = text.split('\n').flatMap((line) => {
    const [, sampleName, list = '', value] = /^([^\s{]+)(?:\{(.*)\})? (\S+)$/u.exec(line) ?? [];
    if (sampleName !== name || value === undefined) return [];
    const isMeant = Object.entries(labels).every(([label, wanted]) =>
      `,${list},`.includes(`,${label}="${wanted}",`),
    );
    return isMeant ? [Number(value)] : [];
  });
  if (found.length === 0) throw new Error(`no sample of ${name} ${JSON.stringify(labels)}`);
  return found.reduce((sum, value) => sum + value, 0);
}

/** How much it has grown from one text to the next. */
export function growth(
  [before, after]: readonly [before: string, after: string],
  name: string,
  labels: Labels = {},
): number {
  return sample(after, name, labels) - sample(before, name, labels);
}
