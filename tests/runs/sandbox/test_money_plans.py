"""The Sandbox model on jobs that move money, with inputs it was not written for."""

from tests.runs.sandbox.desk import Desk

RULES = {
    "Returns": "Damaged goods are refunded when reported within 5 days of delivery.\n\nFaulty heaters are not refundable.",
    "Charges": "Customers who were charged twice report it within 30 days. Refunds above GBP 300.00 need approval by finance.",
}
TWICE = (
    "From: Priya Nair <priya@nairdesign.example>\nTo: help@shop.example\n\nhi, i got charged twice for order #77120 on 15 Nov "
    "2026!! 2 x £64.50 left my card, can i get one of them back?\n\nThanks,\nPriya Nair"
)


def test_a_double_charge_is_refunded_and_answered() -> None:
    desk = Desk(RULES)
    answer = desk.work("refund_triage", message=TWICE)
    [refund] = desk.calls("book_refund")
    assert (refund["amount"], refund["reference"], refund["party"]) == ("64.50", "77120", "Priya Nair")
    [mail] = desk.calls("send_mail")
    assert mail["to"] == ["priya@nairdesign.example"] and "64.50" in mail["body"]
    assert "[1]" in answer and "Sources" in answer


def test_a_german_amount_in_another_currency_goes_to_a_person() -> None:
    desk = Desk(RULES)
    text = "Guten Tag, Bestellung 4711-22 wurde doppelt abgebucht: 1.249,90 € am 18.11.2026. Bitte um Rückerstattung.\n\nMit freundlichen Grüßen\nJürgen Weiß"
    desk.work("refund_triage", message=text, customer_email="jw@weiss.example")
    assert not desk.calls("book_refund")
    [task] = desk.calls("open_task")
    assert "1,249.90" in task["title"] and "GBP" in task["detail"]


def test_a_declined_refund_is_not_tried_again_and_nobody_is_told_of_money() -> None:
    desk = Desk(RULES, answers={"book_refund": [("denied", "Declined by Mara: already refunded.")]})
    answer = desk.work("refund_triage", message=TWICE)
    assert [name for name, _ in desk.asked] == ["book_refund"]
    assert "already refunded" in answer and "Not done" in answer


def test_requested_changes_are_applied_and_asked_again() -> None:
    desk = Desk(RULES, answers={"book_refund": [("denied", "changes requested: make it £60.00")]})
    desk.work("refund_triage", message=TWICE)
    assert [args["amount"] for name, args in desk.asked if name == "book_refund"] == ["64.50", "60.00"]
    assert "60.00" in desk.calls("send_mail")[0]["body"]


def test_a_change_that_names_both_amounts_takes_the_new_one() -> None:
    for note in ("changes requested: £60.00 instead of £64.50", "changes requested: not £64.50 but £60.00"):
        desk = Desk(RULES, answers={"book_refund": [("denied", note)]})
        desk.work("refund_triage", message=TWICE)
        assert [args["amount"] for name, args in desk.asked if name == "book_refund"] == ["64.50", "60.00"]


def test_a_change_that_names_several_new_amounts_is_not_guessed_at() -> None:
    desk = Desk(RULES, answers={"book_refund": [("denied", "changes requested: £60.00 or £50.00")]})
    desk.work("refund_triage", message=TWICE)
    assert not desk.calls("book_refund") and not desk.calls("send_mail")


def test_a_missing_amount_is_asked_for_not_made_up() -> None:
    desk = Desk(RULES)
    desk.work("refund_triage", message="Order 88123 never arrived, refund me. Bob Lee bob@lee.example")
    assert not desk.calls("book_refund")
    assert "amount" in desk.calls("send_mail")[0]["body"]


def test_a_late_claim_is_handed_over() -> None:
    desk = Desk(RULES)
    desk.work("refund_triage", message=TWICE.replace("15 Nov 2026", "2 August 2026"))
    assert not desk.calls("book_refund") and "Too late" in desk.calls("open_task")[0]["detail"]


PO = {
    "Orders": "Open purchase orders\n\n- PO-9001, Brightline Ltd: 10 desk lamps at USD 42.00. Total USD 462.00 including 10% tax. Payment 30 days."
}
BILL = (
    "Brightline Ltd\nInvoice No: BL-5567\nInvoice date: 11/18/2026\nPO-9001\n\nDesk lamp   10   42.00   420.00\n\n"
    "Subtotal   $420.00\nTax 10%   $42.00\nTotal due   $462.00\nNet 30\n"
)


def test_a_right_invoice_is_scheduled_for_its_terms() -> None:
    desk = Desk(PO)
    answer = desk.work("invoice_check", invoice_text=BILL)
    [payment] = desk.calls("schedule_payment")
    assert (payment["amount"], payment["reference"], payment["due_on"]) == ("462.00", "BL-5567", "2026-12-18"), answer
    assert not desk.calls("open_task")


def test_a_wrong_invoice_is_not_paid_and_both_figures_are_named() -> None:
    desk = Desk(PO)
    desk.work("invoice_check", invoice_text=BILL.replace("$462.00", "$482.00"))
    assert not desk.calls("schedule_payment")
    [task] = desk.calls("open_task")
    assert "462.00" in task["detail"] and "482.00" in task["detail"]


def test_an_invoice_in_a_file_is_read_and_its_twin_found() -> None:
    desk = Desk(PO, files={"a.txt": BILL, "b.txt": BILL})
    desk.work("invoice_check")
    assert len(desk.calls("schedule_payment")) == 1
    assert "same number" in desk.calls("open_task")[0]["detail"]


POLICY = {
    "Spesen": "Limits\n\n- Meals: up to EUR 30.00 per person per day.\n- Hotel: up to EUR 120.00 per night.\n\nAlcohol is not reimbursed. A receipt is needed for every line above EUR 10.00."
}


def test_expenses_with_commas_as_decimals_are_flagged_by_line() -> None:
    desk = Desk(POLICY)
    listed = "Datum;Mitarbeiter;Kategorie;Betrag;Beleg\n02.11.2026;Uwe Kern;Meals;28,40;ja\n03.11.2026;Uwe Kern;Hotel;189,00;ja\n07.11.2026;Ida Lang;Taxi;22,00;nein\nSumme;;;239,40;"
    answer = desk.work("expense_audit", expenses=listed)
    detail = desk.calls("open_task")[0]["detail"]
    assert "Line 2" in detail and "69.00 over" in detail and "Saturday" in detail and "no receipt" in detail
    assert "Line 1" not in detail and "3 lines checked" in answer


def test_a_clean_list_opens_no_task() -> None:
    desk = Desk(POLICY)
    desk.work(
        "expense_audit",
        expenses="date,name,category,amount,receipt\n2026-11-03,Ann,Meals,12.00,yes\n2026-11-04,Ann,Hotel,99.00,yes",
    )
    assert not desk.done
