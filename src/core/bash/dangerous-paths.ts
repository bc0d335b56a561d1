/** Which paths nobody wants to lose, in the notation of `Word.pattern`. */

/** Everything below `/`, however it is written. */
const ROOT = /^\/(?:\.?(?:\[[^\]/]*\]|[*?])*\*)?(?:\/\*+)*$/u;
const HOME =
  /^(?:~(?:[a-z_][\w-]*)?|\$\{HOME(?:%\/|:?\?[^}]*)?\}|\/(?:home|Users)\/[^/]+|\/root)(?:\/\.?\*+)?$/u;
/** In `/home` lie files, too. */
const FILE =
  /\.(?:tar|t?gz|zip|bz2|xz|zst|bak|old|tmp|log|txt|img|iso|sql|csv|json|ya?ml|sh|deb|rpm)(?:\/|$)/u;
const SYSTEM = new RegExp(
  String.raw`^/(?:bin|boot|dev|etc|home|lib|lib32|lib64|opt|proc|root|sbin|srv|sys|usr|var|Users|System|Library` +
    String.raw`|usr/(?:bin|lib|lib64|sbin|share|local)|var/lib|lib/modules|boot/efi)(?:/\*+)?$`,
  'u',
);
/** Parts of it that are given to a user or a service as a matter of course. */
const GIVEN = /^\/(?:home|opt|srv|root|Users|usr\/local|var\/lib)(?:\/|$)/u;
const UNSET = /^\$\{(\w+)(?:%\/)?\}\/+(?:\.?\*+)?$|^\/\$\{(\w+)\}(?:\/\**)?$/u;
const DISK = /^\/dev\/(?:[shv]d[a-z]|nvme|xvd|mmcblk|disk|mapper\/|dm-|md\d|loop|r?disk)/u;
const NO_DISK =
  /^\/dev\/(?:null|zero|full|std(?:in|out|err)|fd\/|tty|pts\/|shm\/|tcp\/|udp\/|lp\d|n?st\d)/u;
const DISK_VARIABLE = /^\$\{\w*(?:dis[ck]|dev|drive|usb)\w*\}$/iu;
const FILE_VARIABLE = /^\$\{\w*(?:im(?:g|age)|file)\w*\}/iu;
const DEFAULT = /^\$\{(\w+):?[-=]([^{}$]*)\}([^]*)$/u;
const BRACES = /^((?:[^\\{]|\\[^]|\$\{[^{}]*\})*?)(?<!\$)\{([^{}$]*,[^{}$]*)\}([^]*)$/u;
const MOST_ALTERNATIVES = 32;

export type PathKind = 'root' | 'home' | 'system';

/** What the path names as a whole or empties, or null if it is nothing that a machine or its user needs. */
export function kindOfPath(path: string): PathKind | null {
  for (const one of alternatives(path)) {
    const place = normal(one);
    if (ROOT.test(place)) return 'root';
    if (HOME.test(place) && !FILE.test(place)) return 'home';
    if (SYSTEM.test(place)) return 'system';
  }
  return null;
}

/** Whether it is a part of the system whose files have owners and rights that must stay. */
export function hasSystemRights(path: string): boolean {
  const kind = kindOfPath(path);
  return kind === 'root' || (kind === 'system' && !GIVEN.test(normal(path)));
}

/** The variable that makes this path one of `/` if it is empty, or null. */
export function unsetVariable(path: string): string | null {
  for (const one of alternatives(path)) {
    const match = UNSET.exec(one.replace(/^\$\{(\w+):?-\}/u, '${$1}'));
    const name = match?.[1] ?? match?.[2];
    if (name !== undefined) return name;
  }
  return null;
}

/** A disk or a part of one. */
export function isDisk(path: string): boolean {
  return DISK.test(path);
}

/** Anything that a program which writes raw data could write over; by its name, if it is a variable. */
export function isDevice(path: string): boolean {
  if (path.startsWith('/dev/')) return !NO_DISK.test(path);
  return DISK_VARIABLE.test(path) && !FILE_VARIABLE.test(path);
}

/** A device, or a variable that does not look like a file's name. */
export function mayBeDevice(path: string): boolean {
  return isDevice(path) || (/^\$\{/u.test(path) && !FILE_VARIABLE.test(path));
}

/** What `{a,b}` and `${NAME:-DEFAULT}` can come to. */
function alternatives(path: string): readonly string[] {
  const done: string[] = [];
  const open = [path];
  while (open.length > 0 && open.length + done.length < MOST_ALTERNATIVES) {
    const one = open.pop() ?? '';
    const byDefault = DEFAULT.exec(one);
    const braces = byDefault === null ? BRACES.exec(one) : null;
    if (byDefault !== null) {
      const [, , text = '', rest = ''] = byDefault;
      done.push(one);
      if (text !== '') open.push(`${text.replaceAll(/["']/gu, '')}${rest}`);
    } else if (braces !== null) {
      const [, before = '', list = '', after = ''] = braces;
      open.push(...list.split(',').map((item) => `${before}${item}${after}`));
    } else done.push(one);
  }
  return done;
}

/** Without `//`, `/./`, `/..` and a slash at the end. */
function normal(path: string): string {
  if (!path.includes('/')) return path;
  const isAbsolute = path.startsWith('/');
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..' && (parts.length > 0 || isAbsolute)) parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `${isAbsolute ? '/' : ''}${parts.join('/')}`;
}
