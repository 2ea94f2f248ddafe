"""Messages and report in a real browser: nothing runs out of a phone's or a desktop's width."""

from __future__ import annotations

import re
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import xenorec as xr
from tests.conftest import HANGING
from xenorec.messages import preview_html

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--virtual-time-budget=4000",
)
MEASURE = """<!doctype html><html><body><iframe id="f" srcdoc="{page}" style="width:{width}px;
height:900px;border:0"></iframe><pre id="found"></pre><script>
const f = document.getElementById("f");
f.onload = () => {{
  const d = f.contentDocument;
  const broken = [...d.images].filter(i => !i.complete || i.naturalWidth === 0).length;
  const out = [...d.querySelectorAll("body *")].filter(e => {{
    const r = e.getBoundingClientRect();
    const shown = r.width > 0 && r.height > 1;
    return shown && r.right > {width} + 1;
  }}).length;
  document.getElementById("found").textContent =
    `width=${{d.documentElement.scrollWidth}} broken=${{broken}} ` +
    `outside=${{out}} images=${{d.images.length}}`;
}};
</script></body></html>"""

pytestmark = [
    pytest.mark.usefixtures("fitted_once"),
    pytest.mark.skipif(
        CHROMIUM is None, reason="Chromium is not installed (Debian: apt install chromium)"
    ),
]


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("looks")
    crm = xr.open(folder / "shop.duckdb", brand={"name": "Corner Shop", "address": "1 High St"})
    crm.load("complete_journey", sample=True)
    found = {}
    people = crm.profiles("2017-11-01").where("n_orders >= 3")
    for name in ("winback", "after-eid", "replenish"):
        campaign = crm.campaign(name, audience=people, template=name)
        found[name] = preview_html(campaign.preview(1).messages[0].rendered)
    start = datetime(2017, 11, 1, tzinfo=UTC)
    campaign.plan().approve(by="ann", at=start).send(now=start + timedelta(hours=20))
    found["report"] = crm.report("replenish").to_html()
    return found


def measured(html: str, width: int, folder: Path) -> dict[str, int]:
    from html import escape

    page = folder / "page.html"
    page.write_text(MEASURE.format(page=escape(html, quote=True), width=width), "utf-8")
    done = subprocess.run(
        [str(CHROMIUM), *FLAGS, f"--user-data-dir={folder / 'profile'}", "--dump-dom", str(page)],
        capture_output=True,
        text=True,
        timeout=HANGING,
        check=False,
    )
    found = re.search(r'<pre id="found">([^<]*)</pre>', done.stdout)
    assert found, done.stderr[-2000:]
    return {key: int(value) for key, value in re.findall(r"(\w+)=(\d+)", found[1])}


@pytest.mark.parametrize("width", [375, 1200])
@pytest.mark.parametrize("name", ["winback", "after-eid", "replenish", "report"])
def test_it_fits_the_screen(pages: dict[str, str], name: str, width: int, tmp_path: Path) -> None:
    found = measured(pages[name], width, tmp_path)
    assert found["width"] <= width
    assert found["outside"] == 0
    assert found["broken"] == 0
    assert name == "report" or found["images"] >= 3
