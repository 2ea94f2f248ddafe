"""Page style: how reports look, on a page of their own and in a notebook, by day and by night."""

from __future__ import annotations

STYLE = """
.xr{--ink:#1d2a26;--soft:#5d6b66;--line:#dfe5e2;--bar:#2f8f6b;--paper:#fff;--tint:#f3f7f5;
 font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;color:var(--ink);
 background:var(--paper);max-width:920px;margin:0 auto;padding:24px 20px 48px}
.xr h1{font-size:28px;line-height:1.2;margin:0 0 4px}.xr h2{font-size:19px;margin:36px 0 8px}
.xr p{margin:6px 0 12px}.xr .soft{color:var(--soft);font-size:14px}
.xr .cards{display:flex;flex-wrap:wrap;gap:12px;margin:20px 0}
.xr .card{flex:1 1 150px;background:var(--tint);border-radius:12px;padding:14px 16px}
.xr .card b{display:block;font-size:26px;line-height:1.2}.xr .card span{color:var(--soft);
 font-size:14px}
.xr table{border-collapse:collapse;width:100%;font-size:15px}
.xr th{text-align:left;color:var(--soft);font-weight:600}
.xr th,.xr td{padding:7px 10px 7px 0;border-bottom:1px solid var(--line)}
.xr td.n,.xr th.n{text-align:right;padding-right:0;padding-left:14px}
.xr svg{display:block;margin:8px 0;max-width:720px}.xr svg text{font:14px system-ui,sans-serif;
 fill:var(--ink)}.xr svg .small{font-size:12px;fill:var(--soft)}.xr svg .bar{fill:var(--bar)}
.xr svg .zero{stroke:var(--soft);stroke-dasharray:3 3}.xr svg .range{stroke:var(--bar);
 stroke-width:4;stroke-linecap:round}.xr svg .dot{fill:var(--bar)}
.xr .note{background:var(--tint);border-left:4px solid var(--bar);padding:10px 14px;
 border-radius:0 8px 8px 0}
.xr code{word-break:break-all;font-size:13px}.xr .scroll{overflow-x:auto}
.xr .bars .row{display:flex;align-items:center;gap:10px;margin:6px 0;max-width:720px}
.xr .bars .name{flex:0 0 34%;text-align:right;font-size:15px;line-height:1.25}
.xr .bars .track{flex:1}.xr .bars .fill{display:block;height:22px;border-radius:3px;
 background:var(--bar)}.xr .bars .value{flex:0 0 58px;font-size:15px}
@media (max-width:520px){.xr svg text,.xr svg .small{font-size:21px}
 .xr .card{flex-basis:40%}.xr td.n,.xr th.n{padding-left:8px}
 .xr td.n .soft{display:block}.xr .wide{display:none}.xr table{font-size:14px}}
@media (prefers-color-scheme:dark){.xr{--ink:#e6eeea;--soft:#9fb0a9;--line:#2c3a35;
 --bar:#4fc497;--paper:#131a18;--tint:#1c2623}}
"""
