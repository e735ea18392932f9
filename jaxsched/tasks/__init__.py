"""Real trainings, on data that a dependency or Python itself ships."""

from ._cartpole import CartPole as CartPole
from ._cartpole import CartPoleState as CartPoleState
from ._catalogue import TASKS as TASKS
from ._catalogue import Entry as Entry
from ._chars import Chars as Chars
from ._chars import CharsState as CharsState
from ._chars import chars_loss as chars_loss
from ._chars import load_chars as load_chars
from ._chars import num_chars as num_chars
from ._digits import Digits as Digits
from ._digits import DigitsState as DigitsState
from ._digits import digits_loss as digits_loss
from ._digits import digits_rows as digits_rows
from ._digits import load_digits as load_digits
from ._families import families as families
from ._pole import Played as Played
from ._pole import has_failed as has_failed
from ._pole import play as play
from ._pole import policy as policy
from ._pole import push as push

__all__ = [
    "TASKS",
    "CartPole",
    "CartPoleState",
    "Chars",
    "CharsState",
    "Digits",
    "DigitsState",
    "Entry",
    "Played",
    "chars_loss",
    "digits_loss",
    "digits_rows",
    "families",
    "has_failed",
    "load_chars",
    "load_digits",
    "num_chars",
    "play",
    "policy",
    "push",
]
