/** Renders the PNG icons of the installed app from public/icons/icon.svg. Run it after changing the drawing. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright';
import { browserArguments, findOrInstallBrowser } from './find-browser.mjs';

const folder = join(import.meta.dirname, '..', 'public', 'icons');
const drawing = readFileSync(join(folder, 'icon.svg'), 'utf8');

interface Icon {
  readonly fileName: string;
  readonly sizePx: number;
  /** Systems cut these to a shape of their own: the ground fills the square, the drawing keeps clear of its rim. */
  readonly isMaskable: boolean;
}

const icons: readonly Icon[] = [
  { fileName: 'icon-192.png', sizePx: 192, isMaskable: false },
  { fileName: 'icon-512.png', sizePx: 512, isMaskable: false },
  { fileName: 'icon-maskable-512.png', sizePx: 512, isMaskable: true },
  { fileName: 'apple-touch-icon.png', sizePx: 180, isMaskable: true },
];

const ground = /<rect[^>]*fill="(#[0-9a-f]{6})"/.exec(drawing)?.[1];
if (ground === undefined) throw new Error('icon.svg has no ground to fill the square with');

const browser = await chromium.launch({
  executablePath: findOrInstallBrowser(),
  args: [...browserArguments],
});
try {
  for (const { fileName, sizePx, isMaskable } of icons) {
    const page = await browser.newPage({ viewport: { width: sizePx, height: sizePx } });
    const scale = isMaskable ? 0.8 : 1;
    await page.setContent(
      `<style>
        html { background: ${isMaskable ? ground : 'transparent'}; }
        body { margin: 0; display: grid; place-items: center; height: 100vh; }
        svg { width: ${scale * 100}%; display: block; }
      </style>${drawing}`,
    );
    writeFileSync(join(folder, fileName), await page.screenshot({ omitBackground: !isMaskable }));
    await page.close();
  }
} finally {
  await browser.close();
}
