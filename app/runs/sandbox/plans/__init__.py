"""What the Sandbox model does for each job that an agent can start from."""

from app.runs.sandbox.plans.engineering import incident_summary, pull_request_triage
from app.runs.sandbox.plans.finance import expense_audit
from app.runs.sandbox.plans.general import general
from app.runs.sandbox.plans.invoices import invoice_check
from app.runs.sandbox.plans.marketing import brand_review, campaign_draft
from app.runs.sandbox.plans.operations import stock_reorder, vendor_onboarding
from app.runs.sandbox.plans.support import refund_triage
from app.runs.sandbox.plans.tickets import ticket_summariser
from app.runs.sandbox.steps import Plan

PLANS: dict[str, Plan] = {
    "refund_triage": refund_triage,
    "ticket_summariser": ticket_summariser,
    "invoice_check": invoice_check,
    "expense_audit": expense_audit,
    "incident_summary": incident_summary,
    "pull_request_triage": pull_request_triage,
    "campaign_draft": campaign_draft,
    "brand_review": brand_review,
    "vendor_onboarding": vendor_onboarding,
    "stock_reorder": stock_reorder,
}
GENERAL: Plan = general

__all__ = ["GENERAL", "PLANS"]
