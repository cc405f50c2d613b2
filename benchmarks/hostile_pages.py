"""What a page of the service would make a browser do that no text of others may: run, load, send or hide something."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from intentfeed.service.process import Reply

OWN = re.compile(r"/static/page\.js\?v=[0-9a-f]{8}")
"""Address of the only script of ours."""
ACTIVE = {
    "iframe", "frame", "object", "embed", "applet", "img", "audio", "video", "math", "style", "base", "template",
    "foreignobject", "animate", "set",
}  # fmt: skip
"""Elements that no page of ours has."""
LINKS = {"src", "href", "action", "formaction", "xlink:href", "srcdoc", "data", "poster"}
LOCAL = re.compile(r"(/(?![/\\])|#|data:,$)")
"""How an address of ours begins."""
CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f]")


class _Page(HTMLParser):
    """Collects what is wrong while it reads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.wrong: list[str] = []
        self._in_script = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = {name: value or "" for name, value in attrs}
        self._in_script = tag == "script"
        if self._in_script and not OWN.fullmatch(held.get("src", "")):
            self.wrong.append(f"a script from {held.get('src', 'the page itself')!r}")
        if tag in ACTIVE:
            self.wrong.append(f"an element <{tag}>")
        self.wrong += [f"a handler {name}={held[name]!r}" for name in held if name.startswith("on") and name != "once"]
        self.wrong += [
            f"an address {name}={held[name]!r}" for name in held if name in LINKS and not LOCAL.match(held[name])
        ]
        if tag == "meta" and "http-equiv" in held:
            self.wrong.append(f"an order to the browser {held['http-equiv']!r}")

    def handle_endtag(self, tag: str) -> None:
        if tag == "script":
            self._in_script = False

    def handle_data(self, data: str) -> None:
        if self._in_script and data.strip():
            self.wrong.append(f"a script {data.strip()[:80]!r}")
        if CONTROL.search(data):
            self.wrong.append("a control character")


def scripts(text: str) -> list[str]:
    """Return what a browser would act on in a page that is none of ours.

    >>> scripts('<p>&lt;script&gt;</p><a href="/feed/1">one</a>'), scripts('<a href="javascript:x()">one</a>')
    ([], ["an address href='javascript:x()'"])
    """
    return _Page(text).wrong


def page_wrongs(reply: Reply) -> list[str]:
    """Return what is wrong with a page; an answer that is none has nothing to run."""
    if not reply.headers.get("content-type", "").startswith("text/html"):
        return []
    policy = reply.headers.get("content-security-policy", "")
    strict = "default-src 'none'" in policy and "unsafe" not in policy
    return scripts(reply.body.decode()) + ([] if strict else [f"a policy that lets scripts run: {policy!r}"])
