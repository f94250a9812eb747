"""A model to the Hugging Face Hub: the repository, the weights and a generated model card."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import CommitOperationAdd, HfApi, ModelCardData, constants, get_token
from huggingface_hub.errors import HfHubHTTPError, HTTPError

from salmap.backends.choice import open_model
from salmap.errors import SalmapError
from salmap.metrics import GOLD_STANDARD_KEY, METRICS, heading
from salmap.weights.hub import DEFAULT_FILE
from salmap.weights.info import ModelInfo, opened

#: SPDX names that the Hub knows, in its spelling
HUB_LICENSES = ("apache-2.0", "mit", "bsd-3-clause", "bsd-2-clause", "cc0-1.0", "cc-by-4.0")


@dataclass(frozen=True)
class Plan:
    """What will be uploaded, and where."""

    checkpoint: Path
    repository: str
    private: bool
    card: str

    def summary(self) -> str:
        """What publishing will do, for people."""
        kind = "private" if self.private else "public"
        size = self.checkpoint.stat().st_size / 1e6
        return (
            f"Would create the {kind} repository {link(self.repository)} if there is none, and "
            f"upload\n  {DEFAULT_FILE} ({size:.1f} MB, from {self.checkpoint})\n"
            "  README.md (the card below)"
        )


def link(repository: str) -> str:
    """The web page of a repository."""
    return f"{constants.ENDPOINT}/{repository}"


def plan(checkpoint: Path, repository: str, private: bool = False) -> Plan:
    """Check a model file and write its card; nothing is sent.

    Raises:
        WeightsError: if the file is not a valid model.
        SalmapError: if `repository` is not "owner/name".
    """
    if re.fullmatch(r"[\w.-]+/[\w.-]+", repository) is None:
        raise SalmapError(f"'{repository}' is not a repository: write owner/name.")
    _, info = open_model(checkpoint, "", "cpu")  # refuses what is damaged
    with opened(checkpoint) as file:
        shapes = [file.get_slice(name).get_shape() for name in file.keys()]  # noqa: SIM118
    parameters = sum(math.prod(shape) for shape in shapes)
    return Plan(checkpoint, repository, private, model_card(info, repository, parameters))


def publish(plan: Plan) -> str:
    """Create the repository if there is none and upload both files in one commit.

    Returns:
        The link to the repository.

    Raises:
        SalmapError: if there is no token, or the Hub is out of reach or refuses.
    """
    if get_token() is None:
        raise SalmapError(
            "Publishing needs a Hub token with write access: make one at "
            "https://huggingface.co/settings/tokens and set HF_TOKEN to it."
        )
    api = HfApi()
    try:
        api.create_repo(plan.repository, private=plan.private, exist_ok=True)
        if plan.private and not api.model_info(plan.repository).private:
            raise SalmapError(
                f"{link(plan.repository)} exists and is public. Make it private there first, "
                "choose another name, or leave out --private."
            )
        api.create_commit(
            plan.repository,
            operations=[
                CommitOperationAdd(DEFAULT_FILE, str(plan.checkpoint)),
                CommitOperationAdd("README.md", plan.card.encode()),
            ],
            commit_message=f"Upload {plan.checkpoint.name}",
        )
    except (HTTPError, OSError, ValueError, RuntimeError) as error:
        raise SalmapError(refusal(error, plan.repository)) from error
    return link(plan.repository)


def refusal(error: Exception, repository: str) -> str:
    """Why the Hub refused an upload, and what to do."""
    status = error.response.status_code if isinstance(error, HfHubHTTPError) else None
    if status == 401:
        return f"{repository}: the Hub does not accept your token. Set HF_TOKEN to a valid one."
    if status == 402:
        page = f"{constants.ENDPOINT}/pricing"
        return f"{repository}: the Hub requires a paid plan for this. See {page}."
    if status == 403:
        return f"{repository}: your token may not write there. Make one with write access."
    if status is not None:
        return f"{repository}: the Hub answered with status {status}: {error}"
    return f"{repository}: the upload failed ({error}). Check your network and run it again."


def model_card(info: ModelInfo, repository: str, parameters: int) -> str:
    """The README.md of a model: front matter for the Hub, then what people need to know."""
    known = info.license.lower() in HUB_LICENSES
    data = ModelCardData(
        license=info.license.lower() if known else "other",
        license_name=None if known else _slug(info.license),
        library_name="salmap",
        tags=["saliency", "saliency-prediction", "eye-tracking", "attention"],
    )
    sections = [
        f"---\n{data.to_yaml()}\n---\n\n# {_text(info.name)}",
        "Predicts where people look in a picture, as a probability for each pixel.",
        _usage(repository),
        _score_table(info),
        _data_section(info),
        f"## Facts\n\n- architecture: {_text(info.architecture)}\n- parameters: {parameters:,}\n"
        f"- license of the weights: {_text(info.license)}\n"
        f"- source: {_text(info.source) or 'not stated'}\n"
        f"- made with Salmap {_text(info.created_with)}",
        f"## Notes\n\n{_text(info.notes)}" if info.notes else "",
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def _usage(repository: str) -> str:
    return f"""## How to use

```python
import salmap

model = salmap.load("hf://{repository}")
prediction = model.predict("street.jpg")
prediction.density  # (H, W), sums to 1
```

```
python -m salmap predict street.jpg --model hf://{repository} --out results
```"""


def _score_table(info: ModelInfo) -> str:
    """A row for each data set, a column for each metric; with 95 % intervals where known."""
    if not info.scores:
        return "## Scores\n\nNone recorded."
    metrics = list(dict.fromkeys(metric for row in info.scores.values() for metric in row))
    names = [heading(metric) or _text(metric) for metric in metrics]
    lines = ["| data set | " + " | ".join(names) + " |", "|---" * (len(metrics) + 1) + "|"]
    for data_set, row in info.scores.items():
        cells = [_cell(row.get(metric, [])) for metric in metrics]
        lines.append(f"| {_text(data_set)} | " + " | ".join(cells) + " |")
    return "## Scores\n\nOn pictures that were not trained on; 95 % intervals in brackets.\n\n" + (
        "\n".join([*lines, "", *_legend(metrics)])
    )


def _legend(metrics: list[str]) -> list[str]:
    """What the columns mean."""
    known = [METRICS[metric] for metric in metrics if metric in METRICS]
    lines = [f"- {metric.title}: {metric.meaning}" for metric in known]
    if GOLD_STANDARD_KEY in metrics:
        lines.append("- gold standard: what the other viewers of a picture predict of each viewer")
    return lines


def _cell(score: list[float]) -> str:
    if not score:
        return ""
    interval = f" [{score[1]:.3f}, {score[2]:.3f}]" if len(score) == 3 else ""
    return f"{score[0]:.3f}{interval}"


def _data_section(info: ModelInfo) -> str:
    listed = "\n".join(f"- {_text(item)}" for item in info.data) or "Not stated."
    return f"## Training data\n\n{listed}"


def _text(text: str) -> str:
    """Text of a file as one harmless line of Markdown."""
    return re.sub(r"([|<>`\[\]])", r"\\\1", " ".join(text.split()))


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9.]+", "-", text.lower()).strip("-") or "unknown"
