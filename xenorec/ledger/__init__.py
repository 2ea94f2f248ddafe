"""The ledger: what must never be lost or done twice."""

from xenorec.ledger.ledger import Due, Ledger, Verdict
from xenorec.ledger.records import Assignment, CampaignRun, Decision, RunReceipt

__all__ = ["Assignment", "CampaignRun", "Decision", "Due", "Ledger", "RunReceipt", "Verdict"]
