"""Stock reorder: what is at its reorder point, ordered up to the target, a task and a mail for each supplier."""

from app.runs.sandbox.case import Case
from app.runs.sandbox.notebook import Notebook
from app.runs.sandbox.plans.effects import Args, mail, open_all, open_one, send_all, task
from app.runs.sandbox.plans.stock_reorder.order import Order
from app.runs.sandbox.plans.stock_reorder.stock import Stock, read_stock
from app.runs.sandbox.plans.stock_reorder.supplier_terms import below_minimum, terms_of
from app.runs.sandbox.reading.people import find_emails
from app.runs.sandbox.reading.tables import markdown
from app.runs.sandbox.report import Report
from app.runs.sandbox.sources import tables_of
from app.runs.sandbox.steps import Steps, read_files, search
from app.runs.sandbox.wording import plural

__all__ = ["stock_reorder"]
_HEADINGS = ("Supplier", "SKU", "Product", "Order", "Stock and on order", "Reorder point")


def stock_reorder(case: Case) -> Steps[str]:
    """Order up to the target in full packs, a task and a mail for each supplier."""
    notes, report = Notebook(), Report()
    sheets = yield from read_files(case, notes)
    fallback = next(iter(find_emails(case.given("fallback_email"))), "")
    stock = read_stock(tables_of(sheets, case.given("stock")), fallback)
    names = [o.supplier for o in stock.orders]
    yield from search(case, notes, "supplier terms minimum order", "reorder stock packs order days", *names[:4])
    if rows := [[o.supplier, *row] for o in stock.orders for row in o.rows]:
        report.block("To order", markdown(_HEADINGS, rows) + notes.cite_tables(sheets))
    report.section("Not clear from the list", stock.doubts)
    if stock.orders:
        yield from _order(case, report, stock.orders, notes)
    else:
        yield from _order_nothing(case, report, stock)
    return report.text(notes)


def _order_nothing(case: Case, report: Report, stock: Stock) -> Steps[None]:
    if not stock.products:
        report.headline = "Nothing was ordered: no list with stock and reorder points was found."
        report.not_done.append("Orders: the list needs headings for stock on hand and reorder point.")
        return
    none = f"none of {plural(stock.products, 'product')} is known to be at or below its reorder point"
    report.headline = f"Nothing to order: {none}."
    if stock.doubts:
        yield from open_one(case, report, task("Complete the stock list", stock.doubts, team="operations"))


def _order(case: Case, report: Report, orders: list[Order], notes: Notebook) -> Steps[None]:
    """A task for each supplier, and a mail where the order comes to the supplier's minimum."""
    for order in orders:
        order.short = below_minimum(order, notes)
    report.section("Supplier terms", terms_of(orders, notes) + [o.short for o in orders if o.short])
    tasks = [_task(case, o) for o in orders]
    opened = yield from open_all(case, report, tasks, "These products are at or below their reorder point.")
    sent = yield from _mail(case, report, [o for o in orders if not o.short])
    report.not_done += [
        f"Order to {o.supplier}: below the minimum order, so it was left to a person." for o in orders if o.short
    ]
    products = f"{plural(sum(len(o.rows) for o in orders), 'product')} to reorder"
    done = f"{plural(opened, 'task')} opened, {plural(sent, 'order')} mailed"
    report.headline = f"{products} from {plural(len(orders), 'supplier')}: {done}."


def _deliver_to(case: Case) -> str:
    return f"Deliver to: {case.given('deliver_to')}" if case.given("deliver_to") else ""


def _task(case: Case, order: Order) -> Args:
    address = f"Order address: {order.email or 'none is known'}"
    lines = [order.short, order.worth, _deliver_to(case), address, *order.listed.splitlines()]
    title = f"{'Decide on the order to' if order.short else 'Follow up the order to'} {order.supplier}"
    return task(f"{title} ({plural(len(order.rows), 'product')})", lines, team="operations")


def _mail(case: Case, report: Report, orders: list[Order]) -> Steps[int]:
    report.not_done += [f"Mail to {o.supplier}: there is no address for it." for o in orders if not o.email]
    letters = [_letter(case, o) for o in orders if o.email]
    return (yield from send_all(case, report, letters, "The orders that follow from the stock list."))


def _letter(case: Case, order: Order) -> Args:
    paragraphs = [
        "Hello,",
        "We would like to order:",
        order.listed,
        _deliver_to(case),
        "Let us know the delivery date.",
        "Kind regards,\nOperations",
    ]
    return mail([order.email], f"Order: {plural(len(order.rows), 'product')}", paragraphs)
