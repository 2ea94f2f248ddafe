"""Between the workspace and its tills: publish, collect, and make them forget who is erased."""

from xenorec.tills.collect_journal import load_journal
from xenorec.tills.revoke_customers import RevokedTill, revoke_everywhere
from xenorec.tills.till_publishing import PublishedTill, publish_till

__all__ = ["PublishedTill", "RevokedTill", "load_journal", "publish_till", "revoke_everywhere"]
