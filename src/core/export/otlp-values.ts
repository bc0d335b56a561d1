/** Values of OTLP in the JSON mapping of protobuf: 64-bit integers are decimal strings, ids are hexadecimal. */
import { DOUBLE_ATTRIBUTES, type AttributeValue } from '../trace/attribute-names.ts';

export interface KeyValue {
  readonly key: string;
  readonly value: AnyValue;
}

export type AnyValue =
  | { readonly stringValue: string }
  | { readonly boolValue: boolean }
  | { readonly intValue: number }
  | { readonly doubleValue: number }
  | { readonly arrayValue: { readonly values: readonly AnyValue[] } };

/** Who has measured: the same for everything that one browser sends. */
export interface OtlpSource {
  /** Of this browser and site; the same after a reload. */
  readonly instanceId: string;
  readonly version: string;
}

/** Whole microseconds of Unix time, as nanoseconds: more no clock of a browser has. */
export function nanos(epochMs: number): string {
  return `${Math.round(epochMs * 1000)}000`;
}

/** What is null is left out. */
export function keyValues(
  attributes: Readonly<Record<string, AttributeValue | null>>,
): readonly KeyValue[] {
  return Object.entries(attributes).flatMap(([key, value]) =>
    value === null ? [] : [{ key, value: attributeValue(key, value) }],
  );
}

/** A backend that has seen an attribute as a double may drop it as an integer. */
function attributeValue(key: string, value: AttributeValue): AnyValue {
  const isDouble = typeof value === 'number' && DOUBLE_ATTRIBUTES.has(key);
  return isDouble ? { doubleValue: value } : anyValue(value);
}

function anyValue(value: AttributeValue): AnyValue {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number') {
    return Number.isSafeInteger(value) ? { intValue: value } : { doubleValue: value };
  }
  return { arrayValue: { values: value.map(anyValue) } };
}

export function resourceOf({ instanceId, version }: OtlpSource): object {
  return {
    attributes: keyValues({
      'service.name': 'shellwright',
      'service.version': version,
      'service.instance.id': instanceId,
    }),
  };
}

export function scopeOf({ version }: OtlpSource): object {
  return { name: 'shellwright', version };
}
