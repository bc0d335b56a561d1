/** Reads JSON that came from outside, field by field: whatever is wrong is named by its path. */

/** Thrown while reading, and turned into a failure by whoever began to read. */
export class InvalidField extends Error {
  readonly field: string;

  constructor(field: string, problem: string) {
    super(problem);
    this.field = field;
  }
}

const MAX_EPOCH_MS = 8.64e15;

/** A value together with its path, so that every complaint names the field. */
export class FieldReader {
  readonly #value: unknown;
  readonly #path: string;

  constructor(value: unknown, path: string) {
    this.#value = value;
    this.#path = path;
  }

  get isNull(): boolean {
    return this.#value === null;
  }

  /** The field of an object; one that is missing complains as soon as it is read. */
  at(key: string): FieldReader {
    const object = this.#object();
    return new FieldReader(
      Object.hasOwn(object, key) ? object[key] : undefined,
      this.#path === '' ? key : `${this.#path}.${key}`,
    );
  }

  has(key: string): boolean {
    return this.at(key).#value !== undefined;
  }

  /** Refuses fields that are not among `keys`. */
  only(...keys: readonly string[]): void {
    const unknown = Object.keys(this.#object()).find((key) => !keys.includes(key));
    if (unknown !== undefined)
      throw new InvalidField(this.at(shorten(unknown)).#path, 'is unknown');
  }

  list<T>(read: (entry: FieldReader, index: number) => T, maxLength = Infinity): T[] {
    const value = this.#value;
    if (!Array.isArray(value)) throw new InvalidField(this.#path, 'is not a list');
    this.require(value.length <= maxLength, `has more than ${maxLength} entries`);
    return value.map((entry, index) =>
      read(new FieldReader(entry, `${this.#path}[${index}]`), index),
    );
  }

  /** A list of numbers, quickly: records have one for each token. */
  numbers(min: number, maxLength: number): number[] {
    const value = this.#value;
    const isList = Array.isArray(value) && value.length <= maxLength;
    const isFine = (entry: unknown): boolean =>
      typeof entry === 'number' && Number.isFinite(entry) && entry >= min;
    if (isList && value.every(isFine)) return value as number[];
    return this.list((entry) => entry.number(min), maxLength);
  }

  /** A map from names to values. */
  map<T>(read: (entry: FieldReader, key: string) => T, maxSize = Infinity): Record<string, T> {
    const entries = Object.entries(this.#object());
    this.require(entries.length <= maxSize, `has more than ${maxSize} entries`);
    return Object.fromEntries(
      entries.map(([key, value]) => [
        key,
        read(new FieldReader(value, `${this.#path}[${JSON.stringify(shorten(key))}]`), key),
      ]),
    );
  }

  orNull<T>(read: (field: this) => T): T | null {
    return this.isNull ? null : read(this);
  }

  text(maxLength = Infinity): string {
    if (typeof this.#value !== 'string') throw new InvalidField(this.#path, 'is not a text');
    this.require(this.#value.length <= maxLength, `is longer than ${maxLength} characters`);
    return this.#value;
  }

  matching(pattern: RegExp, problem: string): string {
    const text = this.text();
    this.require(pattern.test(text), problem);
    return text;
  }

  /** A path that stays inside the folder that it starts from. */
  relativePath(): string {
    return this.matching(/^(?!\.)[\w.-]+(\/(?!\.)[\w.-]+)*$/, 'is not a relative path');
  }

  flag(): boolean {
    if (typeof this.#value !== 'boolean')
      throw new InvalidField(this.#path, 'is not true or false');
    return this.#value;
  }

  number(min = -Infinity, max = Infinity): number {
    const value = this.#value;
    if (typeof value !== 'number' || !Number.isFinite(value)) {
      throw new InvalidField(this.#path, 'is not a number');
    }
    this.require(value >= min, min === 0 ? 'is negative' : `is less than ${min}`);
    this.require(value <= max, `is more than ${max}`);
    return value;
  }

  integer(): number {
    const value = this.#value;
    if (!Number.isSafeInteger(value)) throw new InvalidField(this.#path, 'is not a whole number');
    return value as number;
  }

  count(): number {
    const value = this.integer();
    this.require(value >= 0, 'is negative');
    return value;
  }

  /** Milliseconds since 1970 that a Date can hold. */
  epochMs(): number {
    const value = this.count();
    this.require(value <= MAX_EPOCH_MS, 'is no moment in time');
    return value;
  }

  positive(): number {
    const value = this.integer();
    this.require(value > 0, 'is not positive');
    return value;
  }

  oneOf<const T extends string>(options: readonly T[]): T {
    const found = options.find((option) => option === this.#value);
    if (found === undefined) throw new InvalidField(this.#path, `is none of ${options.join(', ')}`);
    return found;
  }

  require(isFine: boolean, problem: string): void {
    if (!isFine) throw new InvalidField(this.#path, problem);
  }

  #object(): Record<string, unknown> {
    const value = this.#value;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new InvalidField(this.#path, 'is not an object');
    }
    return value as Record<string, unknown>;
  }
}

/** Names in complaints stay short, whatever the input holds. */
function shorten(key: string): string {
  return key.length > 80 ? `${key.slice(0, 80)}…` : key;
}
