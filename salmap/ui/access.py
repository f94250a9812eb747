"""Who may start work on the server."""

from __future__ import annotations

import ipaddress

import streamlit as st

from salmap.jobs import plans as training

#: headers by which a proxy says for whom it asks
_FORWARDED = ("X-Forwarded-For", "X-Real-Ip", "Forwarded")


def may_train() -> bool:
    """Whether this visitor may start, stop and delete runs; see `salmap.jobs.plans`."""
    forwarded = any(name in st.context.headers for name in _FORWARDED)
    return training.is_allowed(is_this_computer(st.context.ip_address) and not forwarded)


def is_this_computer(address: str | None) -> bool:
    """Whether an address that Streamlit gives of a visitor is the server's own; None is."""
    if address is None:
        return True
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = getattr(parsed, "ipv4_mapped", None)  # a server for IPv6 sees ::ffff:127.0.0.1
    return bool((mapped or parsed).is_loopback)
