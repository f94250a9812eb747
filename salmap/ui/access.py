"""Who a visitor is: who may start work on the server, and what each may see of it.

Environment:
    SALMAP_ADMIN_TOKEN: whoever gives this word on the Train page is an administrator and sees the
        uploads and runs of all visitors. Unset, whoever opens the app on the server's own computer
        is.

Any other visitor sees only what their own browser brought. It is known by a random number that it
keeps; the server keeps a digest of that.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import os
import re

import streamlit as st

from salmap.jobs import plans as training
from salmap.jobs.runs import State
from salmap.ui import words
from salmap.ui.components.browser import component

#: headers by which a proxy says for whom it asks
_FORWARDED = ("X-Forwarded-For", "X-Real-Ip", "Forwarded")
#: owner of what administrators bring; models that they train are everybody's
ADMINISTRATOR = ""
_ADMIN, _VISITOR, _COMPONENT = "is_administrator", "visitor", "visitor_component"


def may_train() -> bool:
    """Whether this visitor may start, stop and delete runs; see `salmap.jobs.plans`."""
    return training.is_allowed(is_local())


def may_set_up() -> bool:
    """Whether this visitor may install what training needs into the server's environment."""
    return may_train() and (is_administrator() or is_local())


def is_administrator() -> bool:
    """Whether this visitor sees everything; see the module's text."""
    if admin_token():
        return bool(st.session_state.get(_ADMIN))
    return is_local()


def admin_token() -> str:
    """What makes an administrator; "" if nobody set it."""
    return os.environ.get("SALMAP_ADMIN_TOKEN", "").strip()


def become_administrator(word: str) -> bool:
    """Whether a word is the administrator's; if so, this session is one from now on."""
    token = admin_token()
    if token and hmac.compare_digest(word.strip().encode(), token.encode()):
        st.session_state[_ADMIN] = True
        return True
    return False


def identify() -> None:
    """Learn which browser this is, where that matters: where several people may train."""
    if is_administrator() or not may_train() or st.session_state.get(_VISITOR):
        return
    component("visitor")(key=_COMPONENT, data={}, on_id_change=_identified)


def _identified() -> None:
    found = st.session_state[_COMPONENT].id
    if isinstance(found, str) and re.fullmatch(r"[0-9a-f]{32}", found):
        st.session_state[_VISITOR] = hashlib.sha256(found.encode()).hexdigest()[:16]


def owner() -> str | None:
    """Whose this visitor's uploads and runs are; None before their browser has said who it is."""
    if is_administrator():
        return ADMINISTRATOR
    found: str | None = st.session_state.get(_VISITOR)
    return found


def may_see(owner_of_it: str) -> bool:
    """Whether this visitor may see an upload or run of somebody."""
    return is_administrator() or owner_of_it == owner()


def models_of_others() -> set[str]:
    """Names of models that other visitors trained for themselves."""
    if is_administrator():
        return set()
    jobs = training.all_jobs()
    made = [job for job in jobs.all() if jobs.state(job) is State.FINISHED]
    mine = {job.name for job in made if job.owner in (ADMINISTRATOR, owner())}
    return {job.name for job in made} - mine


def message(problem: object) -> str:
    """An error as this visitor may see it, with nothing in it taken for Markdown."""
    return words.plain(str(problem)) if is_administrator() else words.message(problem)


def is_local() -> bool:
    """Whether this visitor's browser runs on the server's own computer."""
    forwarded = any(name in st.context.headers for name in _FORWARDED)
    return is_this_computer(st.context.ip_address) and not forwarded


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
