"""Between the workspace and its tills: publish, collect, and make them forget who is erased."""

from xenorec.till.collect_journal import load_journal
from xenorec.till.revoke_customers import RevokedTill, revoke_everywhere
from xenorec.till.till_publishing import PublishedTill, publish_till

__all__ = ["PublishedTill", "RevokedTill", "load_journal", "publish_till", "revoke_everywhere"]
