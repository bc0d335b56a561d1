/**
 * A rollup row as it lies on the disk: its histograms as bytes. A chart reads thousands of rows, and what takes long is
 * to make their many short lists of numbers again; bytes are half as many and come in one piece.
 */
import type { HistogramData, SeriesKey } from '../contracts/rollup.ts';
import type { PackedHistograms, PackedRollup, StoredRollup } from './schema.ts';

export function packRow({ histograms, ...row }: StoredRollup): PackedRollup {
  return { ...row, ...packHistograms(histograms) };
}

export function unpackRow({ histogramKeys, histograms, ...row }: PackedRollup): StoredRollup {
  return { ...row, histograms: unpackHistograms({ histogramKeys, histograms }) };
}

export function packHistograms(
  histograms: Readonly<Record<SeriesKey, HistogramData>>,
): PackedHistograms {
  const writer = new ByteWriter();
  for (const data of Object.values(histograms)) writeHistogram(writer, data);
  return { histogramKeys: Object.keys(histograms).join('\n'), histograms: writer.bytes() };
}

export function unpackHistograms({
  histogramKeys,
  histograms,
}: PackedHistograms): Readonly<Record<SeriesKey, HistogramData>> {
  const reader = new ByteReader(histograms);
  const unpacked: Record<SeriesKey, HistogramData> = {};
  if (histogramKeys !== '') {
    for (const key of histogramKeys.split('\n')) unpacked[key] = readHistogram(reader);
  }
  return unpacked;
}

function writeHistogram(writer: ByteWriter, data: HistogramData): void {
  const { indices, counts, classic } = data;
  writer.count(data.count);
  writer.double(data.sumMicros);
  writer.double(data.min);
  writer.double(data.max);
  writer.count(data.zeroCount);
  writer.count(indices.length);
  let before = 0;
  for (const [place, index] of indices.entries()) {
    // Ascending, so only the first can be below the one before it.
    if (place === 0) writer.signed(index);
    else writer.count(index - before);
    before = index;
  }
  for (const count of counts) writer.count(count);
  writer.count(classic.length);
  for (const count of classic) writer.count(count);
}

function readHistogram(reader: ByteReader): HistogramData {
  const count = reader.count();
  const sumMicros = reader.double();
  const min = reader.double();
  const max = reader.double();
  const zeroCount = reader.count();
  const length = reader.count();
  const indices: number[] = [];
  let index = 0;
  for (let place = 0; place < length; place++) {
    index = place === 0 ? reader.signed() : index + reader.count();
    indices.push(index);
  }
  const counts = reader.counts(length);
  const classic = reader.counts(reader.count());
  return { count, sumMicros, min, max, zeroCount, indices, counts, classic };
}

/** Whole numbers take seven bits a byte, the lowest first, with the eighth set on all but the last (LEB128). */
class ByteWriter {
  #bytes = new Uint8Array(2048);
  #view = new DataView(this.#bytes.buffer);
  #at = 0;

  /** A whole number from 0 up to 2^53. */
  count(value: number): void {
    this.#makeRoom(8);
    let rest = value;
    while (rest >= 0x80) {
      // Not with bits: those of JavaScript end at 32.
      this.#bytes[this.#at++] = (rest % 0x80) + 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.#at++] = rest;
  }

  signed(value: number): void {
    this.count(value < 0 ? -2 * value - 1 : 2 * value);
  }

  double(value: number): void {
    this.#makeRoom(8);
    this.#view.setFloat64(this.#at, value);
    this.#at += 8;
  }

  /** What has been written. */
  bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#at);
  }

  #makeRoom(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return;
    const grown = new Uint8Array(this.#bytes.length * 2);
    grown.set(this.#bytes);
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}

class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  count(): number {
    let value = 0;
    for (let unit = 1; ; unit *= 0x80) {
      const byte = this.#bytes[this.#at++] ?? 0;
      if (byte < 0x80) return value + byte * unit;
      value += (byte - 0x80) * unit;
    }
  }

  counts(length: number): number[] {
    const values: number[] = [];
    for (let i = 0; i < length; i++) values.push(this.count());
    return values;
  }

  signed(): number {
    const value = this.count();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  double(): number {
    const value = this.#view.getFloat64(this.#at);
    this.#at += 8;
    return value;
  }
}
