/** Secrets as a request shows them, in its header `Authorization: Bearer …`. */

/** Nobody has a longer one, and a header can be long. */
export const MAX_SECRET_CHARS = 200;
/** What a header can hold and every client sends alike. */
const SECRET = new RegExp(String.raw`^[\x21-\x7e]{1,${MAX_SECRET_CHARS}}$`);
const HEADER = new RegExp(String.raw`^Bearer +(\S{1,${MAX_SECRET_CHARS}})$`, 'i');

/** Whether a request can show it. */
export function isBearerSecret(secret: string): boolean {
  return SECRET.test(secret);
}

/** null where the header is missing or shows none. */
export function bearerOf(authorization: string | undefined): string | null {
  return HEADER.exec(authorization ?? '')?.[1] ?? null;
}
