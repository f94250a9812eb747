"""A self-contained HTML report: the scores, and the pictures behind them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

import jinja2
import numpy as np

from salmap.evaluation import report
from salmap.evaluation.candidates import Guesser
from salmap.evaluation.intervals import Interval
from salmap.evaluation.reliability import GROUPS, LEVELS
from salmap.evaluation.task import Evaluation
from salmap.evaluation.truths import Nonfixations
from salmap.fixations.scoring import PictureScorer
from salmap.metrics import METRICS
from salmap.pictures import shrink_image
from salmap.render import overlay
from salmap.render.fixations import with_fixations
from salmap.render.web import data_uri, page_style

#: long side of the pictures in the report
SIDE_PX = 480
JPEG_QUALITY = 80

TEMPLATE = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(
    """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ headline }}</title>
<style>
{{ style|safe }}
figure div { display: flex; flex-wrap: wrap; gap: .5rem; }
</style>
</head>
<body>
<h1>{{ headline }}</h1>
{% macro scores(rows, columns) %}
<div class="wide"><table>
<tr>
<th></th>
{% for title, meaning in columns %}<th title="{{ meaning }}">{{ title }}</th>{% endfor %}
</tr>
{% for name, cells in rows %}
<tr><th scope="row">{{ name }}</th>
{% for mean, interval in cells %}<td>{{ mean }}<small>{{ interval }}</small></td>{% endfor %}</tr>
{% endfor %}
</table></div>
{% endmacro %}
{{ scores(rows, columns) }}
{% if categories %}
<h2>IG by category</h2>
{{ scores(categories, row_titles) }}
{% endif %}
{% if reliability %}
<h2>Share of fixations, in %, in the region predicted to hold</h2>
{{ scores(reliability, levels) }}
<h2>Share of fixations, in %, by tenths of the area, from the least to the most salient</h2>
{{ scores(groups, tenths) }}
{% endif %}
{% if tests %}
<h2>Comparisons</h2>
<ul>{% for test in tests %}<li>{{ test }}</li>{% endfor %}</ul>
{% endif %}
{% for row, metric, cases in extremes %}
<h2>{{ row }}: best, median and worst by {{ metric }}</h2>
{% for case in cases %}
<figure>
<figcaption>{{ case.rank }}: {{ case.picture }}, {{ metric }} {{ case.score }}</figcaption>
<div>
<img alt="fixations on {{ case.picture }}" src="{{ case.fixations }}">
<img alt="prediction for {{ case.picture }}" src="{{ case.prediction }}">
</div>
</figure>
{% endfor %}
{% endfor %}
{% if failures %}
<h2>Failures</h2>
<ul>
{% for f in failures %}
<li>{{ f.picture }}{% if f.row %} ({{ f.row }}){% endif %}: {{ f.message }}</li>
{% endfor %}
</ul>
{% endif %}
<h2>How to read this</h2>
<ul>
{% for line in footnotes %}<li>{{ line }}</li>{% endfor %}
{% for title, meaning in columns %}<li>{{ title }}: {{ meaning }}</li>{% endfor %}
</ul>
<p><code>{{ command }}</code></p>
<p>
{% for name, number in versions.items() %}
{{ name }} {{ number }}{{ "," if not loop.last }}
{% endfor %}
</p>
</body>
</html>
"""
)


@dataclass(frozen=True)
class Case:
    """A picture of the report.

    Attributes:
        rank: "best", "median" or "worst".
        picture: its name.
        score: for people.
        fixations, prediction: data URIs.
    """

    rank: str
    picture: str
    score: str
    fixations: str
    prediction: str


def write_html(evaluation: Evaluation, guessers: Sequence[Guesser], path: Path) -> None:
    """Write the report.

    Args:
        evaluation: the scores.
        guessers: candidates whose best and worst cases are shown; their maps are predicted again.
        path: the file.
    """
    columns = [(metric.title, metric.meaning) for metric in METRICS.values()]
    text = TEMPLATE.render(
        style=page_style(),
        headline=report.headline(evaluation),
        columns=columns,
        rows=[
            (row, [_cell(evaluation, row, metric) for metric in METRICS]) for row in evaluation.rows
        ],
        row_titles=[(row, "") for row in evaluation.rows],
        categories=[
            (category, [_cell(evaluation, row, "ig", category) for row in evaluation.rows])
            for category in evaluation.categories
        ],
        levels=[(f"{level:.0%}", "predicted to hold this share of fixations") for level in LEVELS],
        reliability=[
            (row, [_percent(observed) for _, observed in evaluation.regions(row)])
            for row in evaluation.densities
        ],
        tenths=[(str(group + 1), "") for group in range(GROUPS)],
        groups=[line for row in evaluation.densities for line in _group_lines(evaluation, row)],
        tests=[report.describe(test) for test in evaluation.paired_tests()],
        extremes=[_extremes(evaluation, guesser) for guesser in guessers],
        failures=evaluation.failures,
        footnotes=report.footnotes(evaluation),
        command=report.command_line(),
        versions=report.versions(),
    )
    path.write_text(text, encoding="utf-8")


def _cell(
    evaluation: Evaluation, row: str, metric: str, category: str | None = None
) -> tuple[str, str]:
    """The mean, and its interval, for people."""
    interval = evaluation.interval(row, metric, category)
    if np.isnan(interval.mean):
        return "-", ""
    between = "" if np.isnan(interval.low) else f"{interval.low:.3f} to {interval.high:.3f}"
    return f"{interval.mean:.3f}", between


def _percent(interval: Interval) -> tuple[str, str]:
    """A share and its interval in percent, for people."""
    mean, low, high = (100 * share for share in astuple(interval))
    return f"{mean:.1f}", "" if np.isnan(low) else f"{low:.1f}\u2013{high:.1f}"


def _group_lines(evaluation: Evaluation, row: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """The share predicted for each tenth of the area, and the share observed there."""
    groups = evaluation.groups(row)
    return [
        (f"{row}, predicted", [(f"{100 * share:.1f}", "") for share, _ in groups]),
        (f"{row}, observed", [_percent(observed) for _, observed in groups]),
    ]


def _extremes(evaluation: Evaluation, guesser: Guesser) -> tuple[str, str, list[Case]]:
    """The row, the metric's title, and its best, median and worst picture."""
    row = guesser.name
    values = evaluation.values(row, "ig")
    metric = "ig" if np.isfinite(values).any() else "nss"
    values = evaluation.values(row, metric)
    order = [int(i) for i in np.argsort(-values) if np.isfinite(values[i])]
    if not order:
        return row, METRICS[metric].title, []
    ranked = {"best": order[0], "median": order[len(order) // 2], "worst": order[-1]}
    cases = [
        Case(
            rank, evaluation.task.truths[i].name, f"{values[i]:.3f}", *_pair(evaluation, guesser, i)
        )
        for rank, i in ranked.items()
    ]
    return row, METRICS[metric].title, cases


def _pair(evaluation: Evaluation, guesser: Guesser, place: int) -> tuple[str, str]:
    """Data URIs: the picture with its fixations, and with the prediction."""
    task = evaluation.task
    truth = task.truths[place]
    prior = task.baseline.by_size()(truth.size)
    scorer = PictureScorer(truth, prior, Nonfixations(task.truths).of(place))
    stimulus = task.dataset.split(task.split)[truth.index].stimulus
    guess = guesser.guess(stimulus, scorer)
    shown = guess.saliency_map - min(guess.saliency_map.min(), 0)
    if not shown.any():
        shown = np.ones_like(shown)
    picture = with_fixations(stimulus, truth.fixations, SIDE_PX)
    drawn = shrink_image(overlay(stimulus, shown), SIDE_PX)
    return data_uri(picture, JPEG_QUALITY), data_uri(drawn, JPEG_QUALITY)
