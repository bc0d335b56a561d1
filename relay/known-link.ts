/** Links are shown to people who trust the relay, so they lead to the app and nowhere else. */
import type { RelayConfig } from './config.ts';

/** The slash ends the name of the host, whatever follows. */
const LINK_TO_THIS_MACHINE = /^https?:\/\/(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?\//;
/** Alertmanager refuses all that is posted with a link that has anything else. */
const SOUND = /^(?:[^%\p{Cc}]|%[\da-f]{2})*$/iu;

/** Whether it leads to this machine or to one of the operator's origins, and every receiver can read it. */
export function isKnownLink(
  link: string,
  { publicOrigin, allowedOrigins }: Pick<RelayConfig, 'publicOrigin' | 'allowedOrigins'>,
): boolean {
  const isOurs =
    LINK_TO_THIS_MACHINE.test(link) ||
    [publicOrigin, ...allowedOrigins].some(
      (origin) => origin !== null && link.startsWith(`${origin}/`),
    );
  return isOurs && SOUND.test(link) && URL.canParse(link);
}
