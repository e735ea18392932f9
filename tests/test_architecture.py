"""Who may import whom, read from the source."""

import ast
import pathlib

import pytest

import jaxsched

ROOT = pathlib.Path(jaxsched.__file__).parent
LOWER = {"_core", "curves", "schedules", "combinators", "recipes"}
MIDDLE = LOWER | {"controllers", "transforms"}
ALLOWED = {
    "_core": set(),
    "curves": {"_core"},
    "schedules": {"_core", "curves"},
    "combinators": {"_core"},
    "recipes": {"_core", "curves", "schedules", "combinators"},
    "controllers": {"_core"},
    "transforms": {"_core", "combinators", "controllers"},
    "testing": {"_core"},
    "sweeps": MIDDLE,
    "analysis": MIDDLE | {"sweeps"},
    "interop": MIDDLE | {"sweeps"},
    "plotting": MIDDLE | {"sweeps", "analysis"},
    "tasks": MIDDLE | {"sweeps"},
}
MAY_IMPORT_OPTAX = {"transforms", "sweeps", "analysis", "interop", "tasks"}

FILES = sorted(ROOT.rglob("*.py"))
each_file = pytest.mark.parametrize(
    "path", FILES, ids=[str(path.relative_to(ROOT)) for path in FILES]
)


def _room(path):
    parts = path.relative_to(ROOT).parts
    return parts[0] if len(parts) > 1 else None


def _imports(path):
    """Absolute names of imported modules; what is under `TYPE_CHECKING` too."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module == "jaxsched":
            # A room by its name; any other name comes from the root itself.
            rooms = {alias.name for alias in node.names} & set(ALLOWED)
            yield from (f"jaxsched.{room}" for room in rooms)
            yield from ("jaxsched" for alias in node.names if alias.name not in rooms)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 1, (
                f"{path.name} climbs out of its room by a relative import"
            )


@each_file
def test_arrows(path):
    """A file imports only rooms that its room may know, by their front doors."""
    room = _room(path)
    for name in _imports(path):
        package, *inside = name.split(".")
        if package != "jaxsched" or room is None:
            continue
        assert inside, f"{path.name} imports the root"
        assert len(inside) == 1, f"{path.name} imports {name}, a private file"
        if inside[0] != room:
            assert inside[0] in ALLOWED[room], f"{room} may not import {inside[0]}"


@each_file
def test_only_a_few_rooms_know_optax(path):
    """Schedules do not need an optimizer library."""
    room = _room(path)
    if room is not None and room not in MAY_IMPORT_OPTAX:
        assert not any(name.split(".")[0] == "optax" for name in _imports(path))


@each_file
def test_files_are_short_and_say_what_they_are(path):
    """At most 300 lines, and a docstring at the top."""
    text = path.read_text()

    assert len(text.splitlines()) <= 300
    assert ast.get_docstring(ast.parse(text)), f"{path.name} has no docstring"


@each_file
def test_nodes_are_not_registered_by_jax_s_own_dataclass(path):
    """`register_dataclass` confuses classes of as many fields."""
    tree = ast.parse(path.read_text())
    names = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    names |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}

    assert "register_dataclass" not in names


def test_every_room_is_known():
    """A new room gets its arrows here."""
    rooms = {path.parent.relative_to(ROOT).as_posix() for path in FILES} - {"."}

    assert rooms <= set(ALLOWED)
    assert all(len(pathlib.PurePosixPath(room).parts) == 1 for room in rooms)


def test_no_cycles():
    """The arrows lead from low to high."""
    done = set()
    while len(done) < len(ALLOWED):
        ready = {room for room, below in ALLOWED.items() if below <= done} - done
        assert ready, f"a cycle among {set(ALLOWED) - done}"
        done |= ready
