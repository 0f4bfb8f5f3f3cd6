"""What the Sandbox model does for each job that an agent can start from; a plan's module has its template's name."""

from app.runs.sandbox.plans.brand_review import brand_review
from app.runs.sandbox.plans.campaign_draft import campaign_draft
from app.runs.sandbox.plans.expense_audit import expense_audit
from app.runs.sandbox.plans.general import general
from app.runs.sandbox.plans.incident_summary import incident_summary
from app.runs.sandbox.plans.invoice_check import invoice_check
from app.runs.sandbox.plans.pull_request_triage import pull_request_triage
from app.runs.sandbox.plans.refund_triage import refund_triage
from app.runs.sandbox.plans.stock_reorder import stock_reorder
from app.runs.sandbox.plans.ticket_summariser import ticket_summariser
from app.runs.sandbox.plans.vendor_onboarding import vendor_onboarding
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
