/**
 * Tokens of devices: an operator mints them, a device shows its own with each request. Only hashes are kept, in a file
 * that the running relay looks at again when it has changed, so that a revoked token ends within a second.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { chownSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface TokenInfo {
  readonly id: string;
  /** As the operator named the device. */
  readonly name: string;
  /** RFC 3339. */
  readonly createdAt: string;
}

interface StoredToken extends TokenInfo {
  /** Sha256 of the secret, hexadecimal. */
  readonly hash: string;
}

const FILE_NAME = 'tokens.json';
const SUPERUSER = 0;
const TOKEN = /^swr_([0-9a-f]{12})_([\w-]{43})$/;
export const TOKEN_NAME = /^[\w][\w .-]{0,39}$/;

export class TokenFile {
  readonly #path: string;
  readonly #folder: string;
  #tokens = new Map<string, StoredToken>();
  #readVersion = '';
  #lookedAtMs = -Infinity;
  #isUnreadable = false;
  readonly #onUnreadable: (error: unknown) => void;

  /** `onUnreadable` is told once each time that the file of a running relay can no longer be read. */
  constructor(folder: string, onUnreadable: (error: unknown) => void = () => undefined) {
    this.#folder = folder;
    this.#onUnreadable = onUnreadable;
    this.#path = join(folder, FILE_NAME);
  }

  list(): readonly TokenInfo[] {
    this.#readAgain();
    return [...this.#tokens.values()].map(({ id, name, createdAt }) => ({ id, name, createdAt }));
  }

  /** A new token, which nobody can find out again. @throws where the file cannot be written */
  mint(name: string, epochMs: number): { readonly info: TokenInfo; readonly token: string } {
    this.#readAgain();
    const id = randomBytes(6).toString('hex');
    const secret = randomBytes(32).toString('base64url');
    const info = { id, name, createdAt: new Date(epochMs).toISOString() };
    this.#tokens.set(id, { ...info, hash: sha256(secret).toString('hex') });
    this.#write();
    return { info, token: `swr_${id}_${secret}` };
  }

  /** By id or name. Returns those that are no more. @throws where the file cannot be written */
  revoke(idOrName: string): readonly TokenInfo[] {
    const revoked = this.list().filter(({ id, name }) => id === idOrName || name === idOrName);
    for (const { id } of revoked) this.#tokens.delete(id);
    if (revoked.length > 0) this.#write();
    return revoked;
  }

  /** The token's owner; null for one that was never minted or is revoked. `nowMs` is monotonic. */
  check(token: string, nowMs: number): TokenInfo | null {
    this.lookAgain(nowMs);
    const [, id, secret] = TOKEN.exec(token) ?? [];
    if (id === undefined || secret === undefined) return null;
    if (!this.#tokens.has(id) && !this.#isUnreadable) {
      // It may have just been minted, and whoever has it tries it at once.
      this.#lookedAtMs = -Infinity;
      this.lookAgain(nowMs);
    }
    const stored = this.#tokens.get(id);
    return stored !== undefined && isSameSecret(secret, stored.hash) ? stored : null;
  }

  /** Reads the file again if it has changed, once a second at most. `nowMs` is monotonic. */
  lookAgain(nowMs: number): void {
    if (nowMs - this.#lookedAtMs < 1_000) return;
    this.#lookedAtMs = nowMs;
    try {
      this.#readAgain();
      this.#isUnreadable = false;
    } catch (error) {
      // Nobody is let in until it can be read, and as of no file, which is tried again each second.
      this.#tokens = new Map();
      this.#readVersion = '';
      if (!this.#isUnreadable) this.#onUnreadable(error);
      this.#isUnreadable = true;
    }
  }

  /** Whether this is no answer to `token` but that none can be checked, as the file cannot be read. */
  cannotCheck(token: string): boolean {
    return this.#isUnreadable && TOKEN.test(token);
  }

  nameOf(id: string): string | null {
    return this.#tokens.get(id)?.name ?? null;
  }

  #readAgain(): void {
    const version = versionOf(this.#path);
    if (version === this.#readVersion) return;
    this.#tokens = new Map(
      version === ''
        ? []
        : parseTokens(readFileSync(this.#path, 'utf8')).map((token) => [token.id, token]),
    );
    this.#readVersion = version;
  }

  #write(): void {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const fresh = `${this.#path}.new`;
    const content = `${JSON.stringify([...this.#tokens.values()], null, 2)}\n`;
    writeFileSync(fresh, content, { mode: 0o600, flush: true });
    this.#giveToOwner(fresh);
    renameSync(fresh, this.#path);
    this.#readVersion = versionOf(this.#path);
  }

  /** What the superuser writes, the relay has to read, which mostly is somebody else. */
  #giveToOwner(fresh: string): void {
    if (process.getuid?.() !== SUPERUSER) return;
    const before = statSync(this.#path, { throwIfNoEntry: false });
    const owner =
      before === undefined || before.uid === SUPERUSER ? statSync(this.#folder) : before;
    if (owner.uid !== SUPERUSER) chownSync(fresh, owner.uid, owner.gid);
  }
}

/** Compares a secret with a hash in a time that says nothing about either. `hash` is hexadecimal. */
function isSameSecret(secret: string, hash: string): boolean {
  const expected = Buffer.from(hash, 'hex');
  const given = sha256(secret);
  return expected.length === given.length && timingSafeEqual(expected, given);
}

/** Whether two secrets are the same, in a time that says nothing about them. */
export function areSameSecrets(a: string, b: string): boolean {
  return timingSafeEqual(sha256(a), sha256(b));
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** Changes when the file does; empty where there is none. @throws where the folder or the disk does not let it be seen */
function versionOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat === undefined ? '' : `${stat.mtimeMs} ${stat.ino} ${stat.size}`;
}

/** @throws SyntaxError or TypeError for a file that is no list of tokens: then nobody is let in */
function parseTokens(json: string): StoredToken[] {
  const list: unknown = JSON.parse(json);
  if (!Array.isArray(list)) throw new TypeError('The file of tokens is no list');
  return list.map((entry: unknown) => {
    const { id, name, createdAt, hash } = entry as Record<string, unknown>;
    if (
      typeof id !== 'string' ||
      typeof name !== 'string' ||
      typeof createdAt !== 'string' ||
      typeof hash !== 'string'
    ) {
      throw new TypeError('The file of tokens holds something that is no token');
    }
    return { id, name, createdAt, hash };
  });
}
