"""The report as one HTML page without scripts or outside files; the same parts in a notebook."""

from __future__ import annotations

from html import escape
from math import isfinite

from xenorec.report.campaign_results import CampaignResults
from xenorec.report.lift import Lift
from xenorec.report.page_style import STYLE
from xenorec.report.shelf_revenue import SHELF_WORDS
from xenorec.report.svg_charts import bars, columns, interval

STATE_WORDS = {
    "audience": "Audience",
    "sent": "Sent",
    "delivered": "Delivered",
    "planned": "Planned, not due yet",
    "suppressed: control": "Held out for comparison",
    "suppressed: no_consent": "No consent",
    "suppressed: invalid_address": "No address",
    "suppressed: suppressed_address": "Address suppressed",
    "suppressed: no_recommendation": "Nothing to recommend",
    "suppressed: template_error": "Message did not pass the checks",
    "suppressed: capped": "Over the cap",
    "suppressed: expired": "Expired before it was due",
    "suppressed: quiet_hours": "No legal hour in the window",
    "held: quiet_hours": "Held over quiet hours",
    "suppressed: duplicate": "Had a decision before",
    "suppressed: erased": "Erased",
}


def report_page(report: CampaignResults) -> str:
    """Return the report as a complete HTML document."""
    title = escape(f"Report of {report.campaign_id}")
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{title}</title><style>body{{margin:0}}"
        "@media (prefers-color-scheme:dark){body{background:#131a18}}</style></head>"
        f"<body>{report_body(report)}</body></html>"
    )


def report_body(report: CampaignResults) -> str:
    """Return the report's parts, to be shown in a notebook or put into a page."""
    parts = (
        _head(report),
        _cards(report),
        _funnel(report),
        _lift(report),
        _hours(report),
        _how_good(report),
        _shelves(report),
        _earned(report),
        _creatives(report),
        _holdout(report),
    )
    return f'<style>{STYLE}</style><main class="xr">{"".join(parts)}</main>'


def _head(report: CampaignResults) -> str:
    approved = f"Approved by {escape(report.approved_by)}." if report.approved_by else ""
    return (
        f"<h1>{escape(report.campaign_id)}</h1>"
        f'<p class="soft">As of {report.as_of:%d %B %Y, %H:%M} UTC. {approved}<br>'
        f"Plan <code>{report.plan_hash[:16]}</code></p>"
    )


def _cards(report: CampaignResults) -> str:
    n_held = len(report.holdout_ids)
    cards = [
        (f"{report.n_audience:,}", "customers in the audience"),
        (f"{report.n_sent:,}", "messages sent"),
        (f"{n_held:,}", "held out for comparison"),
    ]
    if report.lift is not None and report.n_sent:
        cards.append((_estimate(report.lift), f"difference within {report.within.days} days"))
    inner = "".join(
        f'<div class="card"><b>{value}</b><span>{text}</span></div>' for value, text in cards
    )
    return f'<div class="cards">{inner}</div>'


def _funnel(report: CampaignResults) -> str:
    rows = [(STATE_WORDS.get(name, name), float(n)) for name, n in report.funnel()]
    return "<h2>What became of the audience</h2>" + bars(rows, label="Customers by state")


def _lift(report: CampaignResults) -> str:
    head = "<h2>Did it pay?</h2>"
    text = f'<p class="note">{escape(report.lift_in_words())}</p>'
    if report.lift is None or not report.n_sent:
        return head + text
    return (
        f"{head}{text}{_interval(report.lift)}"
        '<p class="soft">Customers are compared as they were assigned, whether or not a message '
        "reached them; what each did in the window before is taken into account (CUPED). An "
        "interval that spans zero proves nothing either way.</p>"
    )


def _interval(lift: Lift) -> str:
    """Return the figure of the interval; nothing where there is none."""
    if not (isfinite(lift.ci_low) and isfinite(lift.ci_high)):
        return ""
    scale = 100.0 if lift.is_share else 1.0
    return interval(
        lift.estimate * scale,
        lift.ci_low * scale,
        lift.ci_high * scale,
        unit=" points" if lift.is_share else "",
        label="Difference between the treated and the held out, with its interval",
    )


def _estimate(lift: Lift) -> str:
    if lift.verdict == "cannot tell":
        return "cannot tell"
    return f"{lift.estimate * 100:+.1f} points" if lift.is_share else f"{lift.estimate:+.2f}"


def _hours(report: CampaignResults) -> str:
    names = [f"{hour:02d}" if hour % 3 == 0 else "" for hour in report.send_hours]
    figure = columns(
        [float(n) for n in report.send_hours.values()], names, label="Messages by local hour"
    )
    return (
        "<h2>When the messages go out</h2>"
        '<p class="soft">Messages by hour of the day on the customer\'s own clock.</p>' + figure
    )


def _how_good(report: CampaignResults) -> str:
    if report.how_good is None:
        return ""
    return f"<h2>How good are the times</h2>{report.how_good.to_html()}"


def _shelves(report: CampaignResults) -> str:
    n = max(sum(1 for _ in report.coverage), 1)
    if not report.coverage:
        return "<h2>Shelves</h2><p>No message had a shelf.</p>"
    most = max(row.n_messages for row in report.coverage)
    rows = "".join(
        f"<tr><td>{escape(SHELF_WORDS.get(row.shelf, row.shelf))}</td>"
        f'<td class="n">{row.n_messages:,}</td><td class="n">{row.n_items / row.n_messages:.1f}'
        f'</td><td class="n">{row.n_products:,}</td></tr>'
        for row in report.coverage
    )
    return (
        f"<h2>Shelves</h2><p class='soft'>{n} shelves; the most frequent is in {most:,} messages. "
        "Items are per message, products are different ones over all messages.</p>"
        "<div class='scroll'><table><thead><tr><th>Shelf</th>"
        '<th class="n">Messages</th><th class="n">Items</th>'
        f'<th class="n">Products</th></tr></thead><tbody>{rows}</tbody></table></div>'
    )


def _earned(report: CampaignResults) -> str:
    if not report.earned:
        return ""
    rows = "".join(
        f"<tr><td>{escape(SHELF_WORDS.get(row.shelf, row.shelf))}</td>"
        f'<td class="n wide">{row.n_shown:,}</td><td class="n">{row.expected:,.1f}</td>'
        f'<td class="n">{row.earned:,.1f}</td><td class="n">&times; {row.factor:.2f} '
        f'<span class="soft">({row.low:.2f} to {row.high:.2f})'
        f"{', may be luck' if row.is_pulled else ''}</span></td></tr>"
        for row in report.earned
    )
    return (
        "<h2>What each shelf earned</h2><p class='soft'>Within 14 days of the message: a purchase "
        "of a product shown or a redeemed coupon counts 1, a click 0.3. Expected is what the "
        "predictions promised of products in these places, scaled to what all shelves together "
        "earned. The last column is how many times the expected the shelf is taken to earn, with "
        "the range it lies in 19 times of 20. It is not earned divided by expected: few purchases "
        "may be luck, so it stays near 1 until there are many. Above 1, the shelf stands higher in "
        "the next campaign.</p><div class='scroll'><table><thead><tr><th>Shelf</th>"
        '<th class="n wide">Products shown</th><th class="n">Expected</th><th class="n">Earned</th>'
        f'<th class="n">Taken as</th></tr></thead><tbody>{rows}</tbody></table></div>'
    )


def _creatives(report: CampaignResults) -> str:
    if not report.creatives:
        return ""
    rows = "".join(
        f'<tr><td>{escape(name)}</td><td class="n">{n:,}</td><td class="n">{p:.2f}</td></tr>'
        for name, n, p in report.creatives
    )
    return (
        "<h2>Pictures</h2><div class='scroll'><table><thead><tr><th>Picture</th>"
        '<th class="n">Messages</th><th class="n">Mean propensity</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _holdout(report: CampaignResults) -> str:
    shown = ", ".join(escape(name) for name in report.holdout_ids[:40])
    more = f" and {len(report.holdout_ids) - 40:,} more" if len(report.holdout_ids) > 40 else ""
    return (
        f"<h2>Who was held out</h2><p>{len(report.holdout_ids):,} customers, drawn by a hash of "
        f'their id and fixed before anything was planned.</p><p class="soft">{shown}{more}</p>'
    )
