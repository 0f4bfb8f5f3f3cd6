"""Templates for engineering."""

from types import MappingProxyType

from app.agents.templates.base import Template, files, long, text

INCIDENT_SUMMARY = Template(
    key="incident_summary",
    name="Incident summary",
    team="engineering",
    purpose="Turns raw logs and chat into a timeline, the impact and the open questions, and tells the people named.",
    instructions=(
        "You write the first summary of an incident.\n"
        "Put what happened in order with its times: start, detection, mitigation, end. State the impact with figures "
        "from the material, the suspected cause as suspected, and every question that is still open.\n"
        "Look for a runbook or an earlier incident in the knowledge. Send the summary to the people named, to nobody else."
    ),
    inputs=(
        text("service", "Service", "What was affected."),
        text("recipients", "Who should be told", "Mail addresses, separated by commas. Left blank, nothing is sent."),
        files("Logs", "Text or CSV"),
        long("log", "Log, chat or notes", "Lines with times, in any format."),
    ),
    tools=("search_knowledge", "read_attachment", "send_mail", "open_task"),
    risks=("Sends mail",),
    knowledge="Runbooks and earlier incidents",
    needs_one_of=("log", "files"),
    sample_input=MappingProxyType(
        {
            "service": "Order desk",
            "recipients": "owner@fennelrye.example",
            "log": (
                "2026-11-20 06:58 deploy order-desk 4.18.0 finished\n2026-11-20 07:04 alert: error rate 38% on POST /orders\n"
                "2026-11-20 07:06 Ruth acknowledged the page\n2026-11-20 07:15 database pool exhausted, 112 customers could "
                "not place orders\n2026-11-20 07:31 rolled back to 4.17.2\n2026-11-20 07:38 error rate back to 0.2%, resolved\n"
                "2026-11-20 08:10 Ruth: why did the canary not catch this? We need to add a pool alert."
            ),
        }
    ),
)

PULL_REQUEST_TRIAGE = Template(
    key="pull_request_triage",
    name="Pull request triage",
    team="engineering",
    purpose="Sizes a change, finds its risky parts and missing tests, and opens the review task.",
    instructions=(
        "You prepare pull requests for review.\n"
        "Measure the change. Name the files that touch sign-in, permissions, money, data or deployment, and code that "
        "changed without a test. Point at lines a reviewer must look at: secrets, leftovers, removed checks.\n"
        "Check it against the review guide in the knowledge. Open one review task whose priority follows the risk."
    ),
    inputs=(
        text("title", "Title", "As on the pull request.", required=True, outside=True),
        files("Diff or patch", "Text; unified diff"),
        long("description", "Description"),
        long("diff", "Or paste the diff"),
    ),
    tools=("search_knowledge", "read_attachment", "open_task"),
    risks=("Opens tasks",),
    knowledge="Review guide",
    needs_one_of=("diff", "files", "description"),
    sample_input=MappingProxyType(
        {
            "title": "Let drivers confirm a delivery without a signature (#882)",
            "description": "Adds a flag to the delivery API and skips the signature check when it is set.",
            "diff": (
                "diff --git a/app/deliveries/permissions.py b/app/deliveries/permissions.py\n"
                "--- a/app/deliveries/permissions.py\n+++ b/app/deliveries/permissions.py\n@@ -10,7 +10,6 @@\n def may_confirm(driver, delivery):\n"
                "-    if not delivery.signature:\n-        raise NotSigned()\n+    print('confirming', delivery.id)\n     return True\n"
                "diff --git a/migrations/0042_flag.sql b/migrations/0042_flag.sql\nnew file mode 100644\n--- /dev/null\n"
                "+++ b/migrations/0042_flag.sql\n@@ -0,0 +1 @@\n+ALTER TABLE deliveries ADD COLUMN unsigned BOOLEAN DEFAULT TRUE;\n"
            ),
        }
    ),
)

TEMPLATES = (INCIDENT_SUMMARY, PULL_REQUEST_TRIAGE)
