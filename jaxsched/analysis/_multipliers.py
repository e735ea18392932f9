"""Multipliers by kind of parameter, with which tuned numbers go to larger models."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import jax

from jaxsched._core import Real, checks, clock

_KINDS = ("embedding", "hidden", "vector", "final_norm", "output")


class Multipliers(NamedTuple):
    """Factors on the hyperparameters of AdamW, for each label in use.

    Attributes:
        learning_rate: from a label to its factor.
        weight_decay: likewise, as `optax.adamw` takes it.
        eps: likewise.
    """

    learning_rate: dict[str, jax.Array]
    weight_decay: dict[str, jax.Array]
    eps: dict[str, jax.Array]


def mup_multipliers(labels: Any, width: Real) -> Multipliers:
    r"""What Adam's numbers are multiplied by in a wider model: µP.

    Of hidden matrices the rate by $1 / m$, of all others by 1; $\epsilon$ by $1 / m$
    everywhere.

    The labels are yours, and so is the model: it has to multiply its logits by $1 / m$
    (then output weights have the rate of embeddings), attention by $1 / d$ instead of
    $1 / \sqrt d$, and the variance of hidden matrices at the start by $1 / m$.

    Args:
        labels: a tree of "embedding", "hidden" (matrices between two widths), "vector"
            (biases and norms inside of blocks), "final_norm", "output".
        width: $m > 0$, the width as a multiple of that of the model that was tuned.

    Raises:
        ValueError: for another label.

    >>> import jaxsched as js
    >>> labels = {"embed": "embedding", "mlp": {"w": "hidden", "b": "vector"}}
    >>> factors = mup_multipliers(labels, width=4)
    >>> {label: float(m) for label, m in factors.learning_rate.items()}
    {'embedding': 1.0, 'hidden': 0.25, 'vector': 1.0}
    >>> rates = {label: m * 1e-3 for label, m in factors.learning_rate.items()}
    >>> optimizer = js.groups(labels, rates)

    Reference: Yang et al., Tensor Programs V: Tuning Large Neural Networks via Zero-Shot
    Hyperparameter Transfer, 2022, arXiv:2203.03466. The numbers are those that the authors
    of CompleteP publish for it, with logits scaled.
    """
    return _multipliers("mup_multipliers", labels, width, 1, 1, decay=1)


def completep_multipliers(
    labels: Any, width: Real, depth: Real, *, alpha: Real = 1.0
) -> Multipliers:
    r"""What AdamW's numbers are multiplied by in a wider and deeper Transformer: CompleteP.

    * Hidden matrices: the rate by $m_N^{-1} m_L^{\alpha - 1}$, weight decay by $m_N$,
      $\epsilon$ by $m_N^{-1} m_L^{-\alpha}$.
    * Biases and norms in blocks: the rate by $m_L^{\alpha - 1}$, $\epsilon$ by
      $m_N^{-1} m_L^{-\alpha}$.
    * Embeddings, the final norm and output weights: $\epsilon$ by $m_N^{-1}$.

    The labels are yours, and so is the model: besides what µP asks of it, it has to
    multiply the output of each residual branch by $m_L^{-\alpha}$.

    Args:
        labels: as in `mup_multipliers`. The authors decay no vectors and no norms.
        width: $m_N > 0$, the width as a multiple of that of the model that was tuned.
        depth: $m_L > 0$, the number of layers likewise.
        alpha: $\alpha$, 1 for CompleteP; with 1/2 feature learning is lazy.

    Raises:
        ValueError: for another label.

    >>> factors = completep_multipliers({"w": "hidden"}, width=4, depth=2)
    >>> [float(kind["hidden"]) for kind in factors]
    [0.25, 4.0, 0.125]

    Reference: Dey et al., Don't be lazy: CompleteP enables compute-efficient deep
    transformers, 2025, arXiv:2505.01618, as in its published code, in which output weights
    are those of the embedding.
    """
    checks.number("completep_multipliers", alpha=alpha)
    return _multipliers("completep_multipliers", labels, width, depth, alpha, decay=width)


def layer_multipliers(depths: Mapping[str, Any], decay: Real) -> dict[str, jax.Array]:
    r"""Layer-wise decay as a factor for each label: $d^{\text{depth}}$.

    For `groups`, where layers have labels of their own; `layerwise` asks for a depth by
    path instead.

    Args:
        depths: from a label to the number of layers above it; 0 for the head.
        decay: $d > 0$, the factor for each layer further down.

    >>> factors = layer_multipliers({"head": 0, "top": 1, "bottom": 2}, 0.5)
    >>> {label: float(m) for label, m in factors.items()}
    {'head': 1.0, 'top': 0.5, 'bottom': 0.25}

    Reference: Howard and Ruder, Universal Language Model Fine-tuning for Text
    Classification, 2018, with $d = 1 / 2.6$.
    """
    checks.positive("layer_multipliers", decay=decay)
    for label, depth in depths.items():
        checks.length(f"layer_multipliers: {label}", depth=depth)
    return {label: clock.as_float(decay) ** depth for label, depth in depths.items()}


def _multipliers(
    who: str, labels: Any, width: Real, depth: Real, alpha: Real, *, decay: Real
) -> Multipliers:
    checks.positive(who, width=width, depth=depth)
    used = set(jax.tree.leaves(labels))
    for label in used:
        checks.choice(who, labels=label, choices=_KINDS)
    width, depth, decay, one = (clock.as_float(x) for x in (width, depth, decay, 1))
    deep, thin = depth ** (alpha - 1), 1 / width
    inside, outside = thin * depth**-alpha, thin
    rows = {
        "embedding": (one, one, outside),
        "hidden": (thin * deep, decay, inside),
        "vector": (deep, one, inside),
        "final_norm": (one, one, outside),
        "output": (one, one, outside),
    }
    columns = ({k: rows[k][i] for k in _KINDS if k in used} for i in range(3))
    return Multipliers(*columns)
