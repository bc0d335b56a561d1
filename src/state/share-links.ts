/** Making share links, and filling the form from one. Nothing runs by itself: whoever opens a link decides. */
import { decodeShare, encodeShare, LONG_LINK_CHARS } from '../core/share/share-link.ts';
import type { ParsedRequest } from '../core/prompt/parse-parameters.ts';
import type { BrowserHost } from './browser-host.ts';
import type { Draft } from './draft.svelte.ts';
import type { Notices } from './notices.svelte.ts';
import { fillDraft } from './replace-draft.ts';
import type { Router } from './router.svelte.ts';
import type { Workbench } from './workbench.svelte.ts';

export interface ShareLinksOptions {
  readonly router: Router;
  readonly draft: Draft;
  readonly workbench: Pick<Workbench, 'prompt'>;
  readonly notices: Notices;
  readonly host: Pick<BrowserHost, 'copyText'>;
  /** The page's address without query and fragment. */
  readonly pageUrl: string;
}

export class ShareLinks {
  readonly #options: ShareLinksOptions;

  constructor(options: ShareLinksOptions) {
    this.#options = options;
  }

  /** Fills the form if the address is a share link. To be called at the start and at each change of the address. */
  open(): void {
    const { router, draft, notices } = this.#options;
    const query = router.takeShare();
    if (query === null) return;
    const result = decodeShare(query);
    if (!result.ok) {
      draft.linkFailure = result.failure;
      notices.announce(result.failure.message);
      return;
    }
    const undo = fillDraft(this.#options, () => draft.fill(result.value));
    notices.show(
      `Filled in from a link${undo === null ? '' : ', in place of your request'}. Nothing has run yet.`,
      undo,
    );
  }

  async copy(request: ParsedRequest): Promise<void> {
    const { notices, host, pageUrl } = this.#options;
    const link = `${pageUrl}#/write?${encodeShare(request)}`;
    if (!(await host.copyText(link))) {
      notices.show('The browser does not allow copying.');
    } else if (link.length > LONG_LINK_CHARS) {
      notices.show('Link copied. It is long: some programs may cut it off.');
    } else {
      notices.show('Link copied: it holds the prompt and the parameters, not the script.');
    }
  }
}
