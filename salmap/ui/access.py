"""Who may start work on the server."""

from __future__ import annotations

import streamlit as st

from salmap import training

#: headers by which a proxy says for whom it asks
_FORWARDED = ("X-Forwarded-For", "X-Real-Ip", "Forwarded")


def may_train() -> bool:
    """Whether this visitor may start, stop and delete runs; see `salmap.training`."""
    return training.is_allowed(_is_at_the_server())


def _is_at_the_server() -> bool:
    """Whether the browser asks from the server's own computer, and for nobody else."""
    headers = st.context.headers
    return st.context.ip_address is None and not any(name in headers for name in _FORWARDED)
