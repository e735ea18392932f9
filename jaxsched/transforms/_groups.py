"""Learning rates by group of parameters."""

from collections.abc import Iterator, Mapping
from typing import Any

import jax
import optax

from ._scheduled import as_node, scheduled


def groups(
    labels: Any, rates: Mapping[str, Any], *, flip_sign: bool = True
) -> optax.GradientTransformationExtraArgs:
    r"""A learning rate for each group of parameters.

    $$u_i \leftarrow -s_{\text{label}(i)}(t) \, u_i$$

    It takes the place of `optax.scale_by_learning_rate`, behind the preconditioner: before
    it a factor changes nothing, because Adam divides by the size of what it is given.

    Each rate is a hyperparameter under its label, as in `scheduled`: read by `hyperparams`,
    set by `override`, exchanged by `replace_schedules`. A controller is told of the
    gradients of all groups.

    Args:
        labels: a string for each parameter, in the structure of the parameters or of
            their upper part (one string for a whole branch); or a function from
            parameters to that.
        rates: from a label to a number, a schedule, a function of the count or a
            controller; a `bundle` too.
        flip_sign: False for factors on the updates of a whole optimizer, which has
            flipped the sign already.

    Raises:
        TypeError: for a label that is not a string.
        ValueError: for a label without a rate, a rate without a parameter, or labels that
            do not have the structure of the parameters: at once where the labels are
            known, else by `init`.

    >>> import jax.numpy as jnp
    >>> import jaxsched as js
    >>> params = {"layers": [jnp.ones(2), jnp.ones(2)], "out": jnp.ones(2)}
    >>> rate = js.linear_schedule(1.0, 0.0, 10)
    >>> optimizer = optax.chain(
    ...     optax.scale_by_adam(),
    ...     groups({"layers": "body", "out": "head"}, {"body": 0.1 * rate, "head": rate}),
    ... )
    >>> js.hyperparams(optimizer.init(params))
    {'body': Array(0.1, dtype=float32), 'head': Array(1., dtype=float32)}
    """
    nodes = {_text(label): as_node(rate) for label, rate in dict(rates).items()}
    # A tree of labels may be one that can be called, as modules can.
    is_tree = any(isinstance(leaf, str) for leaf in jax.tree.leaves(labels))
    is_function = callable(labels) and not is_tree
    if not is_function:
        _check_names(labels, nodes)

    def labels_of(params: Any) -> Any:
        given = labels(params) if is_function else labels
        _check_names(given, nodes)
        return _for_each_leaf(given, params)

    def factory(**values: jax.Array) -> optax.GradientTransformation:
        def init(params: Any) -> optax.EmptyState:
            # Without leaves it is a placeholder, with which Optax looks for what is like
            # the parameters.
            if jax.tree.leaves(params):
                labels_of(params)
            return optax.EmptyState()

        def update(updates: Any, state: Any, params: Any = None) -> Any:
            def scaled(label: str, u: Any) -> Any:
                return -values[label] * u if flip_sign else values[label] * u

            mine = labels_of(updates if params is None else params)
            return jax.tree.map(scaled, mine, updates), state

        return optax.GradientTransformation(init, update)

    return scheduled(factory, **nodes)


def _text(label: Any) -> str:
    if isinstance(label, str):
        return label
    raise TypeError(f"groups: a label must be a string, got {label!r}.")


def _check_names(labels: Any, rates: Mapping[str, Any]) -> None:
    used = {_text(label): None for label in jax.tree.leaves(labels)}
    for label in used:
        if label not in rates:
            raise ValueError(
                f"groups(rates=...) must have a rate for each label, got none for "
                f"{label!r}. There are rates for {', '.join(rates) or 'no label'}."
            )
    for label in rates:
        if label not in used:
            raise ValueError(
                f"groups(rates=...) must be of labels that a parameter has, got a rate for "
                f"{label!r}. The parameters have {', '.join(used) or 'no labels'}."
            )


def _for_each_leaf(labels: Any, tree: Any) -> Any:
    """For each leaf of a tree the label of its place, or of the branch that it is on."""
    who = "groups(labels=...) must have the structure of the parameters"
    known = dict(jax.tree_util.tree_leaves_with_path(labels))

    def label_at(path: Any, _: Any) -> str:
        for branch in _branches(path):
            if branch in known:
                return known[branch]
        raise ValueError(
            f"{who}, or of their upper part, got no label for the parameter "
            f"{jax.tree_util.keystr(path)}."
        )

    found = jax.tree_util.tree_map_with_path(label_at, tree)
    nodes = jax.tree_util.tree_leaves_with_path(tree, is_leaf=_is_left_out)
    places = {branch for path, _ in nodes for branch in _branches(path)}
    left_out = {path for path, node in nodes if _is_left_out(node)}
    for path, label in known.items():
        if path not in places and left_out.isdisjoint(_branches(path)):
            raise ValueError(
                f"{who}, or of their upper part, got {label!r} at "
                f"{jax.tree_util.keystr(path)}, where no parameter is."
            )
    return found


def _branches(path: Any) -> Iterator[Any]:
    """The places on the way to a place, and that."""
    return (path[:n] for n in range(len(path) + 1))


def _is_left_out(node: Any) -> bool:
    """Whether it stands for parameters that a mask hides, or that are none."""
    return node is None or isinstance(node, optax.MaskedNode)
