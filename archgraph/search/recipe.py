"""A search's recipe: one YAML file that says what is searched, how it is scored, and within which budget.

Everything that can be wrong with it is found before anything runs, and told at its line, as for specs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias

from annotated_types import Ge, Gt
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from archgraph.errors import nearest
from archgraph.ops.arguments import Takes
from archgraph.search.budget import COSTS, LIMITED, Budget, Limit
from archgraph.search.fidelity import Fidelity, check_training, with_epochs
from archgraph.search.function import Function
from archgraph.search.latency import LATENCY, LatencyLimit, latency_limit
from archgraph.search.lookup import Lookup
from archgraph.search.mistakes import Mistake, MistakesError
from archgraph.search.mutations import MUTATIONS, USUAL
from archgraph.search.mutations.plugins import known
from archgraph.search.sampler import Direction, SamplerName
from archgraph.train.proxies.settings import Proxying
from archgraph.train.settings import Training

OBJECTIVES: Mapping[str, Direction] = {
    "accuracy": "maximize",
    "loss": "minimize",
    "iou": "maximize",
    "proxy": "maximize",
    LATENCY: "minimize",
    **dict.fromkeys(COSTS, "minimize"),
}
"""What a search can aim for; the direction is known. `accuracy`, `loss` and `iou` (of masks) are of the validation
images, `latency_ms` is timed, whatever else scores a network."""


def _one_or_more(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _weights(value: Any) -> Any:
    if value == "none":
        return {"choice": 1}
    return dict.fromkeys(USUAL, 1) if value == "all" else value


Text: TypeAlias = Annotated[str, Takes("a text")]
Positive: TypeAlias = Annotated[int, Ge(1), Takes("a whole number from 1")]


KINDS = ("train", "proxy", "table", "python")
"""The ways to score a candidate: keys of `evaluate`, and of `evaluators.EVALUATORS`."""
SCORES: Mapping[str, tuple[str, ...]] = {
    "train": ("accuracy", "loss", "iou"),
    "proxy": ("proxy",),
    "table": ("accuracy",),
}
"""What a way gives beside the costs, where that is fixed."""


class Evaluate(BaseModel):
    """How a candidate is scored: in exactly one of the ways that `KINDS` lists."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    train: Annotated[Training | None, Takes("a mapping, such as {data: digits, epochs: 4}")] = Field(
        None,
        description="Train it and measure it on the validation images; the keys are those of a training run.",
    )
    proxy: Annotated[
        Proxying | None, Takes("the name of a proxy, or a mapping such as {name: naswot, data: digits}")
    ] = Field(None, description="Score it untrained, on one batch; gives the objective `proxy`.")
    table: Annotated[
        Lookup | None, Takes("nasbench201, or a mapping such as {csv: PATH, architecture: COLUMN, score: COLUMN}")
    ] = Field(None, description="Look it up among networks that were trained before; gives `accuracy`.")
    python: Annotated[Function | None, Takes("package.module:function")] = Field(
        None, description="Score it by a function `(module, spec, trial) -> {name: number}`."
    )
    timeout: Annotated[float, Gt(0), Takes("a number of seconds above 0")] = Field(
        600.0, description="Seconds after which a trial is stopped and counts as failed."
    )

    @model_validator(mode="after")
    def _exactly_one_kind(self) -> Evaluate:
        kinds = [name for name in KINDS if getattr(self, name) is not None]
        if len(kinds) != 1:
            message = f"evaluate says {' and '.join(kinds) or 'nothing'}; it takes exactly one of {', '.join(KINDS)}"
            raise MistakesError(Mistake((), message))
        return self

    @property
    def kind(self) -> str:
        """The key that says how."""
        return next(name for name in KINDS if getattr(self, name) is not None)


class Recipe(BaseModel):
    """What `archgraph search run` reads. Field names are the keys of the file."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    archgraph_search: Annotated[Literal[1], Takes("1, the version of this language")] = Field(
        description="Version of the recipe language."
    )
    name: Annotated[str, Takes("a name of letters, digits, '_', '-' and '.'")] = Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", description="Name of the search; its children are `<name>-0001`, ..."
    )
    spec: Annotated[
        list[Text], BeforeValidator(_one_or_more), Takes("a network or a list of them, by name or path")
    ] = Field(min_length=1, description="The parents: names of the zoo, or paths from the recipe's folder.")
    set: Annotated[dict[str, Any], Takes("a mapping of variables to values")] = Field(
        default={}, description="Values for `vars` of the parents, and for `input`."
    )
    mutate: Annotated[
        dict[str, Annotated[float, Ge(0), Takes("a weight from 0")]],
        BeforeValidator(_weights),
        Takes("all, none, or a mapping of mutations to weights from 0"),
    ] = Field(
        default="all", validate_default=True, description="How often each mutation is tried, relative to the others."
    )
    budget: Annotated[dict[str, Any], Takes("a mapping such as {macs: 20M, params: [10k, 300k]}")] = Field(
        default={}, description="Hard limits, checked before a network exists: the most, [least, most], or {min, max}."
    )
    evaluate: Annotated[Evaluate, Takes("a mapping, such as {train: {data: digits}}")] = Field(
        description="How a candidate is scored."
    )
    objectives: Annotated[
        list[str], BeforeValidator(_one_or_more), Takes("one or more of " + ", ".join(OBJECTIVES))
    ] = Field(
        default=["accuracy"],
        validate_default=True,
        min_length=1,
        description="What to aim for; each has a known direction.",
    )
    sampler: Annotated[SamplerName, Takes("evolution, guided, random, tpe, nsga2 or gp")] = Field(
        "evolution", description="What draws the candidates."
    )
    repair: Annotated[bool, Takes("true or false")] = Field(
        False, description="Scale a child just over the budget back into it, narrower first, instead of dropping it."
    )
    inherit: Annotated[bool, Takes("true or false")] = Field(
        False, description="Children begin with their parent's trained weights, as far as these fit."
    )
    fidelity: Annotated[Fidelity | None, Takes("a mapping, such as {rungs: [1, 4, 16], keep: 0.25}")] = Field(
        None, description="Compare networks after few epochs, and train only the best of them longer."
    )
    trials: Positive = Field(100, description="Networks to train, the parents included.")
    seed: Annotated[int, Ge(0), Takes("a whole number from 0")] = Field(
        0, description="The same seed, with one worker, gives the same candidates."
    )
    workers: Positive = Field(1, description="Processes on this machine, each with a trial of its own.")
    gpus_per_trial: Annotated[float | None, Gt(0), Takes("a number of GPUs above 0, such as 0.25")] = Field(
        None, description="Part of a GPU, or number of GPUs, that each worker has; else workers take turns on the GPUs."
    )
    storage: Annotated[str | None, Takes("a URL such as postgresql://user@host/database")] = Field(
        None, description="Where the study is kept; else a journal file in the run's folder."
    )

    @field_validator("mutate")
    @classmethod
    def _known_mutations(cls, weights: dict[str, float]) -> dict[str, float]:
        unknown = [name for name in weights if name not in MUTATIONS and name not in known()]
        if unknown:
            hints = [nearest(name, MUTATIONS) for name in unknown]
            pairs = zip(unknown, hints, strict=True)
            raise MistakesError(*[Mistake((n,), f"unknown mutation {n!r}", h, at_key=True) for n, h in pairs])
        if not any(weights.values()):
            hint = "the parents would be all there is to train"
            raise MistakesError(Mistake((), "no mutation has a weight above 0", hint))
        # The order of the table, not of the file, so that the order of keys does not change the candidates.
        return {name: float(weights[name]) for name in MUTATIONS if name in weights}

    @field_validator("objectives")
    @classmethod
    def _known_objectives(cls, names: list[str], info: ValidationInfo) -> list[str]:
        evaluate = info.data.get("evaluate")
        known = [*OBJECTIVES, *_own(evaluate)]
        kind = evaluate.kind if evaluate else ""
        given = SCORES.get(kind)
        mistakes = []
        for index, name in enumerate(names):
            if name not in known:
                mistakes.append(Mistake((index,), f"unknown objective {name!r}", nearest(name, known)))
            elif name in names[:index]:
                mistakes.append(Mistake((index,), f"the objective {name!r} stands twice"))
            elif given is not None and name not in (*given, LATENCY, *COSTS):
                message = f"the objective {name!r} is not what evaluate.{kind} gives"
                hint = f"it gives {', '.join(given)}; {LATENCY} and every cost are there as well"
                mistakes.append(Mistake((index,), message, hint))
        if mistakes:
            raise MistakesError(*mistakes)
        return names

    @field_validator("budget")
    @classmethod
    def _limits(cls, given: dict[str, Any]) -> dict[str, Limit | LatencyLimit]:
        limits: dict[str, Limit | LatencyLimit] = {}
        mistakes: list[Mistake] = []
        for name, value in given.items():
            try:
                limits[name] = latency_limit(value) if name == LATENCY else _limit(name, value)
            except MistakesError as wrong:
                mistakes += wrong.mistakes
        if mistakes:
            raise MistakesError(*mistakes)
        return limits

    @model_validator(mode="before")
    @classmethod
    def _as_long_as_the_last_rung(cls, given: Any) -> Any:
        return with_epochs(given)

    @field_validator("inherit", "fidelity")
    @classmethod
    def _for_what_trains(cls, value: Any, info: ValidationInfo) -> Any:
        evaluate = info.data.get("evaluate")
        if value and evaluate is not None:
            check_training(str(info.field_name), value, evaluate.kind, evaluate.train)
        return value

    @property
    def directions(self) -> list[Direction]:
        """Of each objective, in order."""
        known = {**OBJECTIVES, **_own(self.evaluate)}
        return [known[name] for name in self.objectives]

    @property
    def limits(self) -> Budget:
        """What the budget says of costs, which are known before a network exists."""
        return Budget({name: limit for name, limit in self.budget.items() if isinstance(limit, Limit)})

    @property
    def latency(self) -> LatencyLimit | None:
        """How a network is timed, and the most it may take; None where nobody asks."""
        given: LatencyLimit | None = self.budget.get(LATENCY)
        return given or (LatencyLimit() if LATENCY in self.objectives else None)

    @property
    def limited(self) -> str:
        """The whole budget in words."""
        counted = [str(self.limits)] if self.limits.limits or not self.latency else []
        return ", ".join([*counted, *([str(self.latency)] if self.latency else [])])


def _own(evaluate: Evaluate | None) -> Mapping[str, Direction]:
    """The names that a user's function gives, with their directions."""
    return evaluate.python.gives if evaluate and evaluate.python else {}


def _limit(name: str, value: Any) -> Limit:
    """`20M`, `[1M, 20M]`, `{max: 20M}` or `{min: 1M, max: 20M}` as a limit."""
    if name not in LIMITED:
        hint = nearest(name, (*LIMITED, LATENCY))
        raise MistakesError(Mistake((name,), f"no budget for {name!r}", hint, at_key=True))
    allowed = f"{name}: 20M, or [1M, 20M], or {{min: 1M, max: 20M}}"
    if isinstance(value, Mapping):
        for key in value:
            if key not in ("min", "max"):
                raise MistakesError(
                    Mistake((name, key), f"unknown key {key!r}", nearest(key, ("min", "max")), at_key=True)
                )
        if not value:
            raise MistakesError(Mistake((name,), f"the budget for {name} has no limit", allowed))
        least, most = value.get("min"), value.get("max")
    elif isinstance(value, (list, tuple)) and len(value) == 2:
        least, most = value
    else:
        least, most = None, value if value is not None else "nothing"
    for bound in (least, most):
        if bound is not None and (isinstance(bound, bool) or not isinstance(bound, int) or bound < 0):
            message = f"the budget for {name} is {value!r}, it takes whole numbers from 0"
            raise MistakesError(Mistake((name,), message, allowed))
    if least is not None and most is not None and least > most:
        message = f"an impossible budget: at least {least:,} and at most {most:,} {name}"
        raise MistakesError(Mistake((name,), message, allowed))
    return Limit(least, most)
