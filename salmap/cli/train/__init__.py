"""`salmap train ...`: check data sets, train models, adapt them, release them."""

from __future__ import annotations

import typer

from salmap.cli.train.adapt import adapt
from salmap.cli.train.center_bias import center_bias
from salmap.cli.train.check import check
from salmap.cli.train.convert import compare_encoder, convert
from salmap.cli.train.familiarity import familiarity
from salmap.cli.train.fit import fit
from salmap.cli.train.release import release
from salmap.cli.train.timing import timing

app = typer.Typer(
    help="Check data sets, train models, adapt them to viewers, release them.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for command in (
    check, fit, adapt, convert, compare_encoder, center_bias, release, familiarity, timing,
):  # fmt: skip
    app.command(command.__name__.replace("_", "-"))(command)
