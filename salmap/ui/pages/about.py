"""The page on what happens to pictures, what the numbers mean, and where everything comes from."""

from __future__ import annotations

import os
from importlib.metadata import PackageNotFoundError, metadata

import streamlit as st

from salmap.ui.examples import EXAMPLES
from salmap.version import __version__

_PRIVACY = """
- Pictures that you upload, paste or take are analyzed in this server's memory. They are not kept
  on disk and not sent anywhere else. They are gone when you remove them or close the tab. Only a
  ZIP of several pictures lies in a nameless temporary file meanwhile.
- Pictures of the camera on the **Live** page are forgotten at once, but for those that you keep.
- What is computed from them is kept in memory for a while, so that nothing is computed twice. It
  can be found again only with the same picture.
- On the **Train** page it is different: a ZIP that you upload is unpacked and kept on this server,
  with the runs and models made of it, until you delete them. Other visitors do not see them; the
  administrators of this server do.
- No cookies are set for tracking and no usage statistics are collected. Where several people can
  train, your browser keeps a random number, by which this server knows which runs are yours.
"""
_READING = """
- **Attention** is where people are expected to look during the first three seconds or so of free
  viewing. The model knows where viewers of photographs looked; it does not know your audience.
- **Share of attention**: if a hundred people look around freely, and 23 % of attention lies in an
  area, about 23 of every hundred glances are expected there.
- **Colors** run along shares of attention, not along raw numbers: the upper half of the color
  scale always covers the part of the picture where people spend half of their attention.
"""


def page() -> None:
    """Draw the page."""
    st.title("About Salmap", anchor=False)
    st.markdown("Salmap predicts where people look in a picture.")
    st.header("What happens to my pictures?", anchor=False)
    st.markdown(_PRIVACY)
    st.header("How to read the results", anchor=False)
    st.markdown(_READING)
    st.header("Documentation and source", anchor=False)
    st.markdown(_links())
    st.header("Example pictures", anchor=False)
    st.markdown("\n".join(f"- {e.title}: {e.credit}" for e in EXAMPLES))


def _links() -> str:
    """Where to read on, as Markdown: the Space, and the addresses that the package names."""
    try:
        found = metadata("salmap").get_all("Project-URL") or []
    except PackageNotFoundError:
        found = []
    named = [text.partition(", ")[::2] for text in found]
    if space := os.environ.get("SPACE_ID"):  # set on Hugging Face
        named.insert(0, ("Source of this app", f"https://huggingface.co/spaces/{space}/tree/main"))
    lines = [f"- [{label}]({address})" for label, address in named]
    lines += [
        f"- This is Salmap {__version__}, under the Apache-2.0 license. The package brings its own "
        "reference: `python -m pydoc salmap`, and `salmap --help` on the command line. The folder "
        "`docs` of its repository has the documentation; `make docs` makes a website of it.",
    ]
    return "\n".join(lines)
