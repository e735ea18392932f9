"""The public surface: a sorted list, one path for a name."""

import ast
import inspect
import pathlib
import subprocess
import sys
import types

import pytest

import jaxsched as js
from jaxsched import _lazy

TOOLS = ("curves", "sweeps", "analysis", "interop", "plotting", "tasks", "testing")
TREE = ast.parse(pathlib.Path(js.__file__).read_text())


def _source():
    """The statements of the root; of its only `if`, what type checkers see."""
    (branch,) = (node for node in TREE.body if isinstance(node, ast.If))
    return [*(node for node in TREE.body if node is not branch), *branch.body]


def _source_names():
    imports = [node for node in _source() if isinstance(node, ast.ImportFrom)]
    return [alias.asname for node in imports for alias in node.names]


def test_the_list_is_sorted_and_complete():
    """`__all__` is what the root imports by name, in order, each once."""
    assert js.__all__ == sorted(js.__all__)
    assert len(set(js.__all__)) == len(js.__all__)
    assert set(js.__all__) == {name for name in _source_names() if not name.startswith("_")}


def test_the_root_only_imports():
    """No logic at the root; the version and docstring apart."""
    kinds = (ast.ImportFrom, ast.Assign, ast.AnnAssign, ast.Expr)

    assert all(isinstance(node, kinds) for node in _source())
    assert all(alias for alias in _source_names())


def test_type_checkers_see_what_is_imported_when_it_is_used():
    """The names under `TYPE_CHECKING` are those that the root imports late."""
    (branch,) = (node for node in TREE.body if isinstance(node, ast.If))
    names = [alias.asname for node in branch.body for alias in node.names]

    assert names == [*_lazy.ROOMS, *_lazy.OF_SWEEPS]


LATE = """
import sys
import jaxsched as js
loaded = {name.split(".")[1] for name in sys.modules if name.startswith("jaxsched.")}
late = {"analysis", "interop", "plotting", "sweeps", "tasks", "testing"}
assert not loaded & late, loaded & late
assert not {"matplotlib", "sklearn", "jax.extend.core"} & set(sys.modules)
assert set(js.__all__) <= set(dir(js))
assert js.stack is js.stack and js.stack.__module__ == "jaxsched.sweeps._stack"
assert "stack" in vars(js) and "analysis" not in vars(js)
from jaxsched import *
assert analysis is js.analysis and set(js.__all__) <= set(vars(js))
"""


def test_rooms_are_imported_when_they_are_used():
    """In a new process: `import jaxsched` is what a training loop needs, no more."""
    subprocess.run([sys.executable, "-c", LATE], check=True)


def test_a_name_that_is_not_there_is_an_attribute_error():
    """As of any module, so that `hasattr` and Python's hints work."""
    with pytest.raises(AttributeError, match="'jaxsched' has no attribute") as caught:
        js.cosine_decay  # noqa: B018
    assert (caught.value.name, caught.value.obj) == ("cosine_decay", js)
    assert not hasattr(js, "onecycle")


def test_one_path_for_a_name():
    """What the root has, no tool room has too."""
    rooms = [getattr(js, name) for name in TOOLS if name in js.__all__]
    seen = {}
    for path, names in [
        ("jaxsched", js.__all__),
        *((r.__name__, r.__all__) for r in rooms),
    ]:
        for name in names:
            assert name not in seen, f"{path}.{name} is also {seen[name]}.{name}"
            seen[name] = path


def test_rooms_are_the_only_public_modules():
    """Nothing else of the package can be reached by accident."""
    modules = {n for n in js.__all__ if isinstance(getattr(js, n), types.ModuleType)}

    assert modules <= set(TOOLS)


def test_every_name_has_a_docstring_and_an_example():
    """Classes and functions explain themselves, recipes and nodes with a doctest."""
    for name in js.__all__:
        thing = getattr(js, name)
        documented = inspect.getdoc(thing)
        assert documented, f"{name} has no docstring"
        shown = inspect.isclass(thing) and issubclass(thing, js.AbstractSchedule)
        if shown or (name.endswith("_schedule") and name != "as_schedule"):
            assert ">>>" in documented, f"{name} shows no example"


def test_no_schedule_looks_stateful():
    """None has `init` with `update`, which optax takes for a stateful schedule."""
    for name in js.__all__:
        thing = getattr(js, name)
        if inspect.isclass(thing) and issubclass(thing, js.AbstractSchedule):
            assert not (hasattr(thing, "init") and hasattr(thing, "update")), name


def test_recipes_take_lengths_by_keyword():
    """Outside of optax's own signatures a length or shape is never positional."""
    import optax

    for name in js.__all__:
        function = getattr(js, name)
        if not name.endswith("_schedule") or hasattr(optax, name) or name == "as_schedule":
            continue
        for parameter in inspect.signature(function).parameters.values():
            if parameter.name.endswith(
                ("_steps", "_begin", "boundaries", "curve", "power")
            ):
                assert parameter.kind is parameter.KEYWORD_ONLY, f"{name}({parameter.name})"
