"""Draw the pictures that shared links show, once: `.venv/bin/python -m tasks.share_images`.

The words are app/site/share.py's, colours and typeface the style sheet's; Chromium does the rest. The pictures are
checked in, so a server needs no browser.
"""

import shutil
from html import escape
from pathlib import Path

from playwright.sync_api import sync_playwright

from app.config import ROOT
from app.site.share import WORDS

FOLDER = ROOT / "static" / "share"
PAGE = """<!doctype html><meta charset="utf-8">
<link rel="stylesheet" href="{static}/css/core.css">
<style>
  body {{ inline-size: 1200px; block-size: 630px; position: relative; overflow: hidden; background: var(--paper); }}
  .rail {{ position: absolute; inset: 0 auto 205px 112px; inline-size: 76px; border: solid var(--accent);
    border-width: 0 0 7px 7px; border-end-start-radius: 60px; }}
  .dot {{ position: absolute; inset: 407px auto auto 186px; inline-size: 29px; block-size: 29px; border-radius: 50%;
    background: var(--accent); }}
  h1 {{ position: absolute; inset: auto 80px 166px 252px; font-size: 92px; line-height: 1; letter-spacing: -.04em; }}
  svg {{ position: absolute; inset: 56px auto auto 252px; inline-size: 218px; block-size: 48px; color: var(--ink); }}
  .dot-mark, .wordmark .dot {{ fill: var(--accent); }}
  p {{ position: absolute; inset: auto auto 56px 252px; font-size: 30px; color: var(--ink-2); }}
</style>
<div class="rail"></div><div class="dot"></div>
<div class="wordmark">{wordmark}</div><h1>{words}</h1><p>AI agents for business teams, with a person in charge</p>
"""


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=shutil.which("chromium"))
        page = browser.new_page(viewport={"width": 1200, "height": 630}, color_scheme="light")
        scratch = ROOT / "var" / "share.html"  # a file of our own may load the typeface beside it
        scratch.parent.mkdir(exist_ok=True)
        for picture, words in WORDS.items():
            scratch.write_text(_page(words))
            page.goto(scratch.as_uri())
            page.evaluate("document.fonts.ready")
            page.screenshot(path=FOLDER / f"{picture}.png")
        scratch.unlink()
        browser.close()
    for path in sorted(FOLDER.glob("*.png")):
        print(f"{path.relative_to(ROOT)} {path.stat().st_size / 1000:.0f} kB")


def _page(words: str) -> str:
    static: Path = ROOT / "static"
    drawn = (static / "img" / "wordmark.svg").read_text()
    return PAGE.format(static=static.as_uri(), words=escape(words), wordmark=drawn[drawn.index("<svg") :])


if __name__ == "__main__":
    main()
