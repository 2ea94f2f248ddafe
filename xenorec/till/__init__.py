"""Between the workspace and its tills: publish, collect, and make them forget who is erased."""

from xenorec.till.collect import load_journal
from xenorec.till.publish import PublishedTill, publish_till
from xenorec.till.revoke import RevokedTill, revoke_everywhere

__all__ = ["PublishedTill", "RevokedTill", "load_journal", "publish_till", "revoke_everywhere"]
