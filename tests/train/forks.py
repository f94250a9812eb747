"""Processes that need not import torch, which takes longer than what tests train."""

from __future__ import annotations

import multiprocessing
from multiprocessing.context import ForkServerContext


def forking() -> ForkServerContext:
    """Its processes are forked off one that has imported all that training needs."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.train.troubled_fit", "train.run"])
    return context
