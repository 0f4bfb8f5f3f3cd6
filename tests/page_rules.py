"""What every page and fragment is held to."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from tests.reading import Node

UNLABELLED = frozenset({"hidden", "submit", "button", "reset", "image"})
NAMED_BY = ("aria-label", "aria-labelledby", "title")


def problems(root: Node, *, whole: bool) -> list[str]:
    """What breaks a rule, as sentences; empty for a good page. `whole` is False for a fragment."""
    found = [*_ids(root), *_labels(root), *_forms(root), *_inline(root), *_names(root)]
    return found + ([*_heading(root)] if whole else [*_roots(root)])


def _heading(root: Node) -> Iterator[str]:
    headings, titles = root.all("h1"), root.all("title")
    if len(headings) != 1:
        yield f"a page has one h1, this one has {len(headings)}"
    if len(titles) != 1:
        yield f"a page has one title, this one has {len(titles)}"
    elif headings and not titles[0].text.removeprefix("Error: ").startswith(headings[0].text):
        yield f"the title “{titles[0].text}” must start with the h1 “{headings[0].text}”"
    if not root.all("html") or not root.find("html").get("lang"):
        yield "<html> needs lang"
    if len(root.all("main")) != 1:
        yield f"a page has one <main>, this one has {len(root.all('main'))}"


def _roots(root: Node) -> Iterator[str]:
    for node in root.children:
        if isinstance(node, Node) and not node.id and node.tag not in ("hx-partial", "title"):
            yield f"the fragment's root <{node.tag}> needs an id"


def _ids(root: Node) -> Iterator[str]:
    seen: set[str] = set()
    for node in root.walk():
        if "id" in node.attrs:
            if not node.id or " " in node.id:
                yield f"<{node.tag}> has the id “{node.id}”"
            if node.id in seen:
                yield f"the id “{node.id}” is there twice"
            seen.add(node.id)
    for node in root.all("label"):
        if node.get("for") and node["for"] not in seen:
            yield f"a label is for “{node['for']}”, which is not on the page"


def _labels(root: Node) -> Iterator[str]:
    labelled = {node.get("for") for node in root.all("label") if node.text}
    for node in root.walk():
        if node.tag not in ("input", "select", "textarea") or node.get("type") in UNLABELLED:
            continue
        wrapped = any(up.tag == "label" and up.text for up in node.above())
        if not wrapped and node.id not in labelled and not any(node.get(a) for a in NAMED_BY):
            yield f"<{node.tag} name={node.get('name')}> has no label"


def _names(root: Node) -> Iterator[str]:
    for node in root.walk():
        if node.tag == "img" and "alt" not in node.attrs:
            yield f"<img src={node.get('src')}> needs alt"
        if node.tag in ("a", "button") and not _spoken(node):
            yield f"<{node.tag} class={node.get('class')}> says nothing: give it text or aria-label"


def _spoken(node: Node) -> bool:
    own = node.text or any(node.get(a) for a in NAMED_BY) or (node.tag == "a" and "href" not in node.attrs)
    return bool(own) or any(n.get("alt") or n.get("aria-label") for n in node.walk())


def _forms(root: Node) -> Iterator[str]:
    for form in root.all("form"):
        action, method = form.get("action"), form.get("method", "get").lower()
        if not action:
            yield f"<form id={form.id}> needs an action"
        if urlsplit(action).netloc:
            yield f"the form to {action} leaves the site"
        tokens = [node for node in form.all("input") if node.get("name") == "csrf_token" and node.get("value")]
        if method == "post" and len(tokens) != 1:
            yield f"the form to {action} has {len(tokens)} CSRF tokens"
        if method != "post" and tokens:
            yield f"the form to {action} puts the CSRF token in the address"


def _inline(root: Node) -> Iterator[str]:
    for node in root.walk():
        if "style" in node.attrs or node.tag == "style":
            yield f"<{node.tag} class={node.get('class')}> has an inline style"
        if node.tag == "script" and (not node.get("src") or "".join(map(str, node.children)).strip()):
            yield "an inline <script>"
        for name in node.attrs:
            if name.startswith("on"):
                yield f"<{node.tag}> has {name}="
        if node.get("href").strip().lower().startswith(("javascript:", "data:")):
            yield f"<{node.tag}> has the address {node['href'][:40]}"
