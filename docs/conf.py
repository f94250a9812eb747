"""Settings of the documentation site: `make docs`.

The source folder is the repository's root, so that every link between README, docs and model cards
works here as it does in the repository. The sidebar follows the README's section "Documentation".
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

from sphinx.application import Sphinx

ROOT = Path(__file__).resolve().parent.parent
#: where pages of the API reference are written
API = ROOT / "docs" / "api" / "generated"
LEFT_OUT = {"__init__", "__main__", "version", "cli", "ui"}
sys.path.insert(0, str(ROOT))

from salmap.version import __version__  # noqa: E402  (found through the line above)

project = "Salmap"
author = "The Salmap authors"
release = __version__

extensions = [
    "myst_parser", "sphinx.ext.autodoc", "sphinx.ext.autosummary", "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
]  # fmt: skip
root_doc = "README"
include_patterns = [
    "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "docs/**.md", "docs/**.rst",
    "assets/*.md",
]  # fmt: skip

myst_heading_anchors = 3
napoleon_google_docstring = True
napoleon_use_ivar = True
napoleon_custom_sections = [("Environment", "params_style")]
highlight_language = "none"
default_role = "code"
autosummary_generate = False
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_type_aliases = {name: name for name in ("ImageArray", "ImageSource", "Map", "MapArray")}
python_display_short_literal_types = True
python_maximum_signature_line_length = 88
toc_object_entries_show_parents = "hide"

html_theme = "furo"
html_title = "Salmap"
html_logo = "../assets/logo.svg"
html_favicon = "../assets/logo.svg"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_show_copyright = False
html_show_sphinx = False
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#5b46c9", "color-brand-content": "#5b46c9"},
    "dark_css_variables": {"color-brand-primary": "#a598f5", "color-brand-content": "#a598f5"},
}


def sidebar(readme: str) -> str:
    """The README's section "Documentation" as tables of contents, one for each reader."""
    section = readme.partition("\n## Documentation\n")[2].partition("\n## ")[0]
    parts = []
    for part in section.split("\n### ")[1:]:
        reader, links = part.split("\n", 1)
        pages = re.findall(r"\]\(([^)#]+)\.md\)", links)
        parts.append(
            f"```{{toctree}}\n:hidden:\n:caption: {reader}\n\n" + "\n".join(pages) + "\n```\n"
        )
    return "\n".join(parts)


def _add_sidebar(_: Sphinx, page: str, source: list[str]) -> None:
    if page == root_doc:
        source[0] += "\n" + sidebar(source[0])


def write_api_pages() -> None:
    """A page for each part of the library and of the training package, from the docstrings."""
    shutil.rmtree(API, ignore_errors=True)
    API.mkdir()
    for path in sorted([*(ROOT / "salmap").iterdir(), ROOT / "train"]):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        is_module = path.suffix == ".py" or (path / "__init__.py").exists()
        if is_module and path.stem not in LEFT_OUT:
            (API / f"{name}.rst").write_text(_api_page(name, path), encoding="utf-8")


def _api_page(name: str, path: Path) -> str:
    parts = [name, "=" * len(name), "", *_automodule(name)]
    for module in sorted(path.rglob("*.py")):
        inside = module.relative_to(path).with_suffix("").parts
        full = ".".join([name, *inside]).removesuffix(".__init__")
        if full != name and inside[-1] != "__main__":
            parts += [full, "-" * len(full), "", *_automodule(full)]
    return "\n".join(parts)


def _automodule(name: str) -> list[str]:
    return [f".. automodule:: {name}", "   :members:", "   :ignore-module-all:", ""]


def _escape_shapes(_: Sphinx, *about: object) -> None:
    """Shapes such as (*size, 3) are not the start of emphasis."""
    lines: list[str] = about[-1]  # type: ignore[assignment]
    lines[:] = [line.replace("(*", r"(\*") for line in lines]


def _copy_front_page(app: Sphinx, error: Exception | None) -> None:
    """Make the README the page that a server shows for the folder."""
    if error is None and app.builder.format == "html":
        shutil.copyfile(app.outdir / f"{root_doc}.html", app.outdir / "index.html")


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    write_api_pages()
    app.connect("source-read", _add_sidebar)
    app.connect("autodoc-process-docstring", _escape_shapes)
    app.connect("build-finished", _copy_front_page)
