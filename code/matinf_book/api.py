"""The API reference: entries that Sphinx's autodoc reads from the docstrings of ``matinf``.

A page asks for a module, inside ``{eval-rst}``::

    .. automodule:: matinf.splits
       :members:

Modules are imported for that, by the build itself and only where such a page is read; autodoc
notes their files, so that an edit there has the page read again. No page asks for a module that
imports TensorFlow, which would cost every cold build some seconds.

Four things are ours. Annotations are printed as they are written, where autodoc would evaluate
``ArrayLike`` into a dozen lines. A type in a signature is a link where the reference has an entry
for it, and plain text elsewhere: we ask no other site for its inventory. Every function and class
says in which file it stands; where a page shows it, the caption leads to its entry.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections import Counter
from pathlib import Path
from typing import Any, get_origin

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.domains.python import ObjectEntry, PyObject  # type: ignore[attr-defined]
from sphinx.environment import BuildEnvironment
from sphinx.ext import napoleon
from sphinx.ext.autodoc import PropertyDocumenter
from sphinx.ext.napoleon.docstring import GoogleDocstring
from sphinx.util import rst
from sphinx.util.nodes import make_refnode

from .launch import Launch
from .signatures import PACKAGE, as_written, field_notes, of_function

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = {
    "html_domain_indices": False,  # the contents and the search are better than a list of modules
    "autodoc_member_order": "bysource",
    "autodoc_preserve_defaults": True,  # as written: no address of an object, no long value
    "autodoc_inherit_docstrings": False,  # what a library says of its own method is not ours
    "autodoc_typehints": "none",  # they come from the source, below
    "python_maximum_signature_line_length": 68,
    "python_use_unqualified_type_names": True,
    "toc_object_entries_show_parents": "hide",
}
DOCSTRINGS = napoleon.Config(
    napoleon_use_ivar=True,
    napoleon_use_rtype=False,
    napoleon_attr_annotations=False,  # a dataclass has them in its signature
)
LINKED = {"class", "exception", "function", "data"}
OURS = re.compile(PACKAGE + r"/[\w/]+\.py")
DEFINED = re.compile(r"^ *(?:def|class) (\w+)", re.MULTILINE)
SIGNATURE = re.compile(r'<dt class="sig .*?</dt>', re.DOTALL)
LISTED = re.compile(r"<(?P<end>/?)(?P<name>dl|dd)>")
LOCATED = {"class", "exception", "function"}


class _Property(PropertyDocumenter):
    """A property with its type as written."""

    def add_directive_header(self, sig: str) -> None:
        """Say what it is, and of which type."""
        super().add_directive_header(sig)
        if written := of_function(self._get_property_getter()).get("return"):
            self.add_line(f"   :type: {written}", self.get_sourcename())


def _attributes(cls: type) -> list[str]:
    """What a class without such a section has for one: comments, or what its base says."""
    if notes := field_notes(cls):
        return [f"    {field}: {rst.escape(note)}" for field, note in notes.items()]
    for base in cls.__mro__[1:]:
        if base.__module__.partition(".")[0] == PACKAGE:
            _, _, section = inspect.cleandoc(base.__doc__ or "").partition("Attributes:\n")
            if section:
                return section.split("\n\n")[0].splitlines()
    return []


def _google(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Turn sections such as ``Args:`` into fields; comments beside a dataclass's fields too.

    Napoleon's own hook would take what stands before a colon in a property for its type.
    """
    if what == "class" and not any(line.startswith("Attributes:") for line in lines):
        found = _attributes(obj)
        lines += found and ["Attributes:", *found, ""]
    kind = "method" if what in {"attribute", "data", "property"} else what
    read = GoogleDocstring(lines, DOCSTRINGS, app, kind, name, obj, options)  # type: ignore[arg-type]
    lines[:] = read.lines()


def _skip(app: Sphinx, what: str, name: str, obj: Any, skip: bool, options: Any) -> bool | None:
    """Leave out what a library has put into our classes, and names of types."""
    module = getattr(obj, "__module__", None) or PACKAGE
    if module.partition(".")[0] != PACKAGE or get_origin(obj) is not None:
        return True
    return None


def _forget(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    """Forget the entries of all pages that are to be read, before the first of them is.

    Sphinx forgets page by page, and takes an entry that has moved to an earlier page for two.
    """
    for name in docnames:
        env.get_domain("py").clear_doc(name)


def _link(
    app: Sphinx, env: BuildEnvironment, node: addnodes.pending_xref, text: nodes.TextElement
) -> nodes.TextElement | None:
    """Find an entry by its last name, where there is one alone that has it.

    A module's docstrings name what it imports as it does, and an object may be listed where
    readers import it from rather than where it is defined. A type that has no entry is left as
    text; a role that an author wrote, and that leads nowhere, is left to be warned of.
    """
    if node.get("refdomain") != "py":
        return None
    last = node["reftarget"].rpartition(".")[2]
    objects: dict[str, ObjectEntry] = env.domaindata["py"]["objects"]
    found = [name for name in objects if name.rpartition(".")[2] == last]
    found = [n for n in found if objects[n].objtype in LINKED and not objects[n].aliased]
    if len(found) == 1:
        entry = objects[found[0]]
        page = node.get("refdoc", env.docname)
        return make_refnode(app.builder, page, entry.docname, entry.node_id, text, found[0])
    return None if node.hasattr("refwarn") else text


def _locate(app: Sphinx, doctree: nodes.document) -> None:
    """Note with each entry the file and the lines of what it describes."""
    for entry in doctree.findall(addnodes.desc):
        if entry.get("domain") == "py" and entry.get("objtype") in LOCATED:
            for signature in entry.findall(addnodes.desc_signature):
                if place := _place(signature.get("module", ""), signature.get("fullname", "")):
                    signature["matinf_place"] = place
                break


def _number_anew(app: Sphinx, doctree: nodes.document) -> None:
    """Give citations ids of their own: every ``{eval-rst}`` of a page begins again at ``id1``."""
    seen: Counter[str] = Counter()
    for node in doctree.findall(addnodes.pending_xref):
        for index, name in enumerate(node["ids"]):
            seen[name] += 1
            if seen[name] > 1:
                node["ids"][index] = f"{name}-{seen[name]}"


def _place(module: str, name: str) -> tuple[str, int, int] | None:
    obj: Any = getattr(sys.modules.get(module), name, None)
    obj = inspect.unwrap(obj)  # of a cache, say
    try:
        file = Path(inspect.getsourcefile(obj) or "")
        lines, first = inspect.getsourcelines(obj)
    except (TypeError, OSError):  # not a function or class of Python
        return None
    if not file.is_relative_to(ROOT):
        return None
    return file.relative_to(ROOT).as_posix(), first, first + len(lines) - 1


def _show_place(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Begin each entry with its file: a link where the repository is known, else its path."""
    launch = Launch.of(app.config)
    for signature in doctree.findall(addnodes.desc_signature):
        if place := signature.get("matinf_place"):
            path, first, last = place
            shown: nodes.TextElement = nodes.inline("", path, classes=["source-path"])
            if launch.repository:
                address = launch.source(path, first, last)
                shown = nodes.reference("", "", shown, internal=False, refuri=address)
            signature.insert(0, shown)


def _link_captions(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Let the caption of a function shown from the package lead to its entry, where it has one."""
    names = app.env.domaindata["py"]["objects"]
    for wrapper in doctree.findall(nodes.container):
        caption, block = wrapper.next_node(nodes.caption), wrapper.next_node(nodes.literal_block)
        if caption is None or block is None or not OURS.fullmatch(caption.astext()):
            continue
        module = caption.astext().removesuffix(".py").replace("/", ".")
        shown = DEFINED.search(block.astext())
        ends = f".{shown[1]}" if shown else ""
        found = [name for name in names if name.startswith(f"{module}.") and name.endswith(ends)]
        if len(found) == 1:
            entry = names[found[0]]
            text = nodes.inline("", caption.astext())
            link = make_refnode(app.builder, docname, entry.docname, entry.node_id, text, found[0])
            caption.clear()
            caption += link


def _spell_out(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Make plain lines of the parameters of long signatures.

    Sphinx writes a list of definitions without terms, which is none to whoever has it read aloud.
    """
    if "sig-object" in (body := context.get("body", "")):
        context["body"] = SIGNATURE.sub(lambda match: _plain(match[0]), body)


def _plain(signature: str) -> str:
    """A signature without the marks that nothing styles: half of all elements of a page."""
    for mark in ("pre", "w", "p"):
        signature = re.sub(rf'<span class="{mark}">([^<>]*)</span>', r"\1", signature)
    return LISTED.sub(_line, signature)


def _line(tag: re.Match[str]) -> str:
    kind = "sig-lines" if tag["name"] == "dl" else "sig-line"
    return "</span>" if tag["end"] else f'<span class="{kind}">'


def setup(app: Sphinx) -> None:
    """Read docstrings as Google's style has them."""
    app.setup_extension("sphinx.ext.autodoc")
    app.add_autodocumenter(_Property, override=True)
    for name, value in SETTINGS.items():
        setattr(app.config, name, value)
    for field in PyObject.doc_field_types:
        if field.name == "variable":
            field.label = "Attributes"
    app.connect("autodoc-process-docstring", _google)
    app.connect("autodoc-process-signature", as_written)
    app.connect("autodoc-skip-member", _skip)
    app.connect("env-before-read-docs", _forget)
    app.connect("missing-reference", _link)
    app.connect("doctree-read", _locate)
    app.connect("doctree-read", _number_anew)
    app.connect("doctree-resolved", _show_place)
    app.connect("doctree-resolved", _link_captions)
    app.connect("html-page-context", _spell_out)
