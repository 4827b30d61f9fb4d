// Looks at a page in a real browser: report.mjs BROWSER PAGE [FOLDER]. Prints what it finds as JSON; screenshots go to the folder.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const [browserPath, page, folder] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
// A root that runs tests has no sandbox to give; the page runs no script in any case.
const browser = await chromium.launch({ executablePath: browserPath, args: ['--no-sandbox', '--disable-quic'] });
const found = { looks: [], rules: [], requests: [], said: [], keyboard: {} };

async function open(width, colorScheme) {
  const context = await browser.newContext({ viewport: { width, height: 844 }, colorScheme, offline: true });
  const tab = await context.newPage();
  const url = pathToFileURL(page).href;
  tab.on('request', (r) => r.url() !== url && found.requests.push(r.url()));
  tab.on('console', (m) => found.said.push(m.text()));
  tab.on('pageerror', (e) => found.said.push(String(e)));
  tab.on('dialog', (d) => { found.said.push(d.message()); return d.dismiss(); });
  await tab.goto(url);
  return { context, tab };
}

for (const colorScheme of ['light', 'dark']) {
  for (const width of [320, 390, 1200]) {
    const { context, tab } = await open(width, colorScheme);
    if (folder) await tab.screenshot({ path: `${folder}/${colorScheme}-${width}.png`, fullPage: true });
    const look = await tab.evaluate(() => {
      const root = document.documentElement;
      const color = getComputedStyle(document.body).backgroundColor.match(/\d+/g).map(Number);
      return { scrolls: root.scrollWidth > root.clientWidth, isDark: color[0] + color[1] + color[2] < 384 };
    });
    await tab.evaluate(() => document.querySelectorAll('details').forEach((d) => { d.open = true; }));
    look.scrollsOpen = await tab.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
    found.looks.push({ width, colorScheme, ...look });
    if (width === 390) {
      if (folder) await tab.screenshot({ path: `${folder}/${colorScheme}-${width}-open.png`, fullPage: true });
      await tab.evaluate(axe);
      found.rules.push(await tab.evaluate(async () => {
        const result = await globalThis.axe.run(document, { resultTypes: ['violations'] });
        return { passed: result.passes.length, violations: result.violations.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 120)).join(' | ')}`) };
      }));
    }
    await context.close();
  }
}

// Every one that opens is come to by Tab, and opened by Enter.
const { tab } = await open(390, 'light');
const summaries = await tab.locator('summary').count();
const reached = new Set();
for (let i = 0; i < 10 + summaries * 3 && reached.size < summaries; i++) {
  await tab.keyboard.press('Tab');
  const place = await tab.evaluate(() => [...document.querySelectorAll('summary')].indexOf(document.activeElement));
  if (place >= 0 && !reached.has(place)) {
    reached.add(place);
    await tab.keyboard.press('Enter');
  }
}
found.keyboard = { summaries, reached: reached.size, opened: await tab.locator('details[open]').count() };
await browser.close();
console.log(JSON.stringify(found));
