"""What a search found, in a few sentences: the first thing that a reader of its report sees."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from archgraph.graph.wording import human
from archgraph.search import comparison
from archgraph.search.budget import COSTS
from archgraph.search.lineage import lineage
from archgraph.search.outcome import PARTS, Outcome, candidates, score_names, shown
from archgraph.search.rungs import climbed
from archgraph.search.trials import Trial
from archgraph.train.data import source
from archgraph.train.dataset import DataError
from archgraph.train.settings import Training


def summary(found: Outcome, baseline: Outcome | None) -> Iterator[str]:
    """The best network, what it is better than, and what that took."""
    best = found.best
    if best is None:
        yield "No network has been scored yet." if not found.failed else _failures(found)
        return
    if len(found.recipe.objectives) > 1:
        yield from _several(found)
    else:
        tried = _count(candidates(found.trials), "network")
        yield f"The best of {tried} is that of trial {best.number}: {_figures(found, best)}."
    yield from _gain(found, best)
    if baseline is not None:
        yield from comparison.verdict(found, baseline)[:1]
    if found.failed:
        yield _failures(found)


def conditions(found: Outcome) -> list[str]:
    """How the networks were made and scored: what the figures hold for."""
    recipe = found.recipe
    training = recipe.evaluate.train
    if training:
        scored = f"Trained on {_images(training)}, {training.epochs} epochs each."
    else:
        scored = f"Scored by {recipe.evaluate.kind}: {recipe.evaluate.model_dump()[recipe.evaluate.kind]}."
    lines = [
        f"{candidates(found.trials)} networks by {recipe.sampler}, from {', '.join(recipe.spec)}, "
        f"for {' and '.join(recipe.objectives)}. Budget: {recipe.limited}. Seed {recipe.seed}.",
        scored,
    ]
    if recipe.inherit:
        lines[-1] += " Children began with what fits of their parent's weights; `inherited` is the share of theirs."
    if recipe.fidelity:
        lines[-1] += (
            f" Of each rung the best {100 * recipe.fidelity.keep:g} % went on to the next, and the parents: "
            f"{', '.join(climbed(found))}. Winners are of the highest; scores of two rungs are not to be compared."
        )
    if training:
        lines[-1] += (
            " Networks were compared on the validation images; the test images were used once for each winner, after "
            "the search."
        )
    return lines


def certainty(found: Outcome) -> list[str]:
    """What the figures do not show, said beside them."""
    tested = (
        "± is half of a 95 % interval of the test accuracy, from the number of test images alone. "
        if any(found.test(trial) for trial in found.winners)
        else ""
    )
    first = found.recipe.objectives[0]
    lucky = (
        f"The {first} of a winner that it was chosen by is too good by a little: it is the best of many. "
        if first not in COSTS
        else ""
    )
    return [f"{tested}{lucky}Each network was scored once, with one seed."]


def _images(training: Training) -> str:
    """What the networks were trained on; by its name alone where the data are not on this machine."""
    try:
        return source(training.data).about
    except DataError:
        return str(training.data)


def _several(found: Outcome) -> Iterator[str]:
    """The front, by the best of each objective."""
    front = found.front
    yield (
        f"{len(front)} of {candidates(found.trials)} networks are such that no other one is better in all of "
        f"{' and '.join(found.recipe.objectives)}."
    )
    ends: dict[int, list[str]] = {}
    for place, (name, aim) in enumerate(zip(found.recipe.objectives, found.recipe.directions, strict=True)):
        end = (max if aim == "maximize" else min)(front, key=lambda trial: (trial.values or ())[place])
        ends.setdefault(end.number, []).append(name)
    for number, names in ends.items():
        yield f"Trial {number} has the best {' and '.join(names)}: {_figures(found, found.trials[number])}."


def _figures(found: Outcome, trial: Trial) -> str:
    """A trial's scores and costs in words."""
    names = dict.fromkeys([*found.recipe.objectives, *score_names(found)])
    scores = [n for n in names if n not in ("macs", "params") and (n in trial.cost or n in (trial.scores or {}))]
    said = [f"{name} {shown(name, trial.measure(name))}" for name in scores]
    tested = comparison.tested(found, trial)
    said += [f"{tested} on the test images"] if tested != "-" else []
    return ", ".join([*said, f"{human(trial.cost['macs'])} MACs", f"{human(trial.cost['params'])} parameters"])


def _gain(found: Outcome, best: Trial) -> Iterator[str]:
    """What the best one has more than the network that it came from, and in how many changes."""
    first, *changes = lineage(found, best)
    name = found.recipe.objectives[0]
    it = "It" if len(found.recipe.objectives) == 1 else f"Trial {best.number}"
    if not changes:
        yield f"{it} is the {best.origin}, as it was given: no change of it was better."
        return
    came = f"{it} descends from trial {first.number}, the {first.origin}, by {_count(len(changes), 'change')}"
    rival = next((trial for trial in found.compared if trial.hash == first.hash), None)
    if rival is None:
        yield f"{came}."
        return
    mine, theirs = best.measure(name), rival.measure(name)
    gap = f"{100 * (mine - theirs):+.2f} points" if name in PARTS else f"{mine - theirs:+.4g}"
    costs = f"{best.cost['macs'] / max(1, rival.cost['macs']):.2f} times its MACs"
    yield f"{came}; that one has {name} {shown(name, theirs)}, so this is {gap}, at {costs}."


def _failures(found: Outcome) -> str:
    """How many trials failed, and the commonest reason."""
    reason, count = Counter(trial.error or "" for trial in found.failed).most_common(1)[0]
    line = reason.strip().splitlines()[0] if reason.strip() else "no reason was given"
    all_ = "All" if not found.finished else f"{len(found.failed)} of {len(found.trials)}"
    return f"{all_} trials failed; the commonest reason, {_count(count, 'time')}: {line}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
