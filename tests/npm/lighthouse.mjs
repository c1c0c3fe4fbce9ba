// node lighthouse.mjs CHROMIUM ADDRESS…: a line of JSON for each, as Lighthouse sees it on a phone.
import lighthouse from "lighthouse";
import { launch } from "chrome-launcher";

const [chromePath, ...addresses] = process.argv.slice(2);
const chromeFlags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"];
const chrome = await launch({ chromePath, chromeFlags, logLevel: "error" });
const onlyCategories = ["performance", "accessibility", "best-practices", "seo"];
try {
  for (const address of addresses) {
    const { lhr } = await lighthouse(address, { port: chrome.port, logLevel: "error", onlyCategories });
    const scores = Object.values(lhr.categories).map((one) => Math.round(one.score * 100));
    const failed = Object.values(lhr.categories).flatMap((category) =>
      category.auditRefs
        .filter(({ id, weight }) => weight && lhr.audits[id].score !== null && lhr.audits[id].score < 0.9)
        .map(({ id }) => id),
    );
    const shift = lhr.audits["cumulative-layout-shift"].numericValue;
    console.log(JSON.stringify({ address, scores, shift, failed, error: lhr.runtimeError?.message }));
  }
} finally {
  await chrome.kill();
}
