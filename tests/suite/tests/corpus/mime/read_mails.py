"""Reads mails with Python's email package and says what it saw, one JSON object a line.

Usage: read_mails.py FOLDER < list of paths relative to it, one a line.
"""

import email
import email.header
import email.policy
import email.utils
import hashlib
import html.parser
import json
import re
import sys
import warnings

warnings.simplefilter("ignore")
SPACE = re.compile(r"\s+")


def line(text):
    return SPACE.sub(" ", "" if text is None else str(text)).strip()


def sound(text):
    """Without surrogates, which stand for bytes that are no ASCII."""
    return text.encode("utf-8", "replace").decode("utf-8")


def decoded(raw):
    """A header field as the older policy reads it."""
    try:
        return str(email.header.make_header(email.header.decode_header(raw)))
    except Exception:
        return None


def quietly(read):
    try:
        return read()
    except Exception:
        return None


def addresses(default, compat, name):
    def new():
        found = []
        for field in default.get_all(name, []):
            found += [[line(a.display_name), line(a.addr_spec)] for a in field.addresses]
        return found

    def old():
        fields = [str(field) for field in compat.get_all(name, [])]
        return [[line(decoded(n)), line(a)] for n, a in email.utils.getaddresses(fields)]

    return [quietly(new), quietly(old)]


def date(compat):
    value = compat.get("date")
    parsed = quietly(lambda: email.utils.parsedate_tz(str(value))) if value is not None else None
    return quietly(lambda: email.utils.mktime_tz(parsed)) if parsed else None


class Visible(html.parser.HTMLParser):
    """The words of a document that are no markup, no script, no style, and in no element that hides its content."""

    SKIPPED = {"script", "style", "head", "title", "template"}
    VOID = {"br", "img", "input", "hr", "meta", "link", "col", "wbr", "area", "base", "body"}
    HIDES = re.compile(r"(^|;)\s*(display\s*:\s*none|visibility\s*:\s*hidden|(max-height|opacity)\s*:\s*0(px|pt|em|%)?\s*(!|;|$))")

    def __init__(self, hiding):
        super().__init__(convert_charrefs=True)
        self.hiding = hiding
        self.skipped = []
        self.hidden = None
        self.pieces = []

    def handle_starttag(self, tag, attrs):
        if tag == "body":
            self.skipped.clear()
        if tag in self.SKIPPED:
            self.skipped.append(tag)
        attrs = dict(attrs)
        if self.hidden is not None:
            self.hidden[1] += tag == self.hidden[0]
        elif self.hiding and tag not in self.VOID:
            if "hidden" in attrs or self.HIDES.search((attrs.get("style") or "").lower()):
                self.hidden = [tag, 1]
        self.pieces.append(" ")

    def handle_endtag(self, tag):
        if tag in self.skipped:
            self.skipped = self.skipped[: self.skipped.index(tag)]
        if self.hidden is not None and tag == self.hidden[0]:
            self.hidden[1] -= 1
            if self.hidden[1] == 0:
                self.hidden = None
        self.pieces.append(" ")

    def handle_data(self, data):
        if not self.skipped and self.hidden is None:
            self.pieces.append(data)


def visible(text):
    for hiding in (True, False):
        parser = Visible(hiding)
        parser.feed(text)
        parser.close()
        if parser.hidden is None:
            break
    return "".join(parser.pieces)


def text_of(part, payload):
    """The text of a part, as its charset says; None where Python does not know it."""
    charset = part.get_content_charset() or "us-ascii"
    try:
        return payload.decode(charset, "replace")
    except LookupError:
        return None


def leaf(part):
    payload = quietly(lambda: part.get_payload(decode=True))
    found = {"type": part.get_content_type(), "name": None, "size": None, "sha256": None}
    name = quietly(part.get_filename)
    found["name"] = None if name is None else sound(line(quietly(lambda: decoded(name)) or name))
    found["encoding"] = line(part.get("content-transfer-encoding", "")).lower()
    if payload is not None:
        found["size"] = len(payload)
        found["sha256"] = hashlib.sha256(payload).hexdigest()
        if part.get_content_maintype() == "text":
            text = quietly(lambda: text_of(part, payload))
            if text is not None and part.get_content_subtype() == "html":
                found["words"] = sound(quietly(lambda: visible(text)) or "").split()
            elif text is not None and part.get_content_subtype() == "plain":
                found["words"] = sound(text).split()
    return found


def leaves(part):
    if part.get_content_maintype() == "message" and part.is_multipart():
        # Python reads whatever is called message as a mail. Only these are.
        if part.get_content_type() not in ("message/rfc822", "message/global", "message/news"):
            return [{"type": part.get_content_type(), "blocks": len(part.get_payload())}]
        return [{"type": part.get_content_type(), "mail": True}] + [
            found for child in part.get_payload() for found in leaves(child)
        ]
    if part.is_multipart():
        return [found for child in part.get_payload() for found in leaves(child)]
    return [leaf(part)]


def ends_early(part):
    """Whether a line that is no field ended the header: what follows it is the body to Python."""
    return any(type(defect).__name__ == "MissingHeaderBodySeparatorDefect" for defect in part.defects)


def spilled(root):
    """The words of lines up to the first empty one that Python took for a body since the header ended early."""
    words = set()
    for part in filter(ends_early, root.walk()):
        if part.is_multipart():
            texts = [part.preamble or ""]
        else:
            payload = quietly(lambda: part.get_payload(decode=True))
            texts = [str(part.get_payload()), quietly(lambda: text_of(part, payload)) or ""]
        for text in texts:
            words.update(sound(re.split(r"\r?\n\r?\n", text, maxsplit=1)[0]).split())
    return sorted(words)


def read(raw):
    default = email.message_from_bytes(raw, policy=email.policy.default)
    compat = email.message_from_bytes(raw, policy=email.policy.compat32)
    def ids(name):
        value = sound(str(compat.get(name, "")))
        found = re.findall(r"<([^<>]*)>", value) if "<" in value else [word for word in value.split() if "@" in word]
        return [SPACE.sub("", one) for one in found]

    subject = [quietly(lambda: default["subject"]), decoded(compat.get("subject", ""))]
    return {
        "subject": [sound(line(form)) if form is not None else None for form in subject],
        "from": addresses(default, compat, "from"),
        "to": addresses(default, compat, "to"),
        "cc": addresses(default, compat, "cc"),
        "date": date(compat),
        "message_id": next(iter(ids("message-id")), None),
        "references": ids("references"),
        "leaves": leaves(compat),
        "ends_early": ends_early(compat),
        "spilled": spilled(compat),
    }


def surrogates(value):
    if isinstance(value, str):
        return sound(value)
    if isinstance(value, list):
        return [surrogates(item) for item in value]
    return value


def main():
    folder = sys.argv[1]
    sys.setrecursionlimit(10_000)
    for path in sys.stdin.read().splitlines():
        with open(f"{folder}/{path}", "rb") as file:
            raw = file.read()
        try:
            seen = {key: surrogates(value) for key, value in read(raw).items()}
        except Exception as error:
            seen = {"failed": type(error).__name__}
        print(json.dumps({"path": path, **seen}), flush=False)


main()
