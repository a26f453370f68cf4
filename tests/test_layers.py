"""The folders are the layers: each imports only what the table in docs/architecture.md allows."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "src" / "summit_qa"


def room_of(module: str) -> str:
    """The folder below summit_qa that a module is in, or the module's own name at the top."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def name_of(file: Path) -> str:
    """The dotted name of a file."""
    parts = ("summit_qa", *file.relative_to(PACKAGE).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {name_of(file): file for file in sorted(PACKAGE.rglob("*.py"))}
ROOMS = {room_of(name) for name in FILES}


def table() -> dict[str, set[str]]:
    """The rooms that each room may import, in the order of the page."""
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    allowed: dict[str, set[str]] = {}
    for line in page.split("| room | may import |")[1].splitlines()[2:]:
        if not line.startswith("|"):
            break
        rooms, imports = (cell.strip() for cell in line.strip("|").split("|"))
        for room in re.findall(r"`(\w+)/?`", rooms):
            allowed[room] = set(re.findall(r"`(\w+)/?`", imports)) | {room}
    return allowed


def imports_of(file: Path) -> Iterator[tuple[int, str]]:
    """Line and module of everything of ours that the file imports, wherever it does so."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file.name}:{node.lineno} imports relatively"
            module = node.module or ""
            below = [f"{module}.{alias.name}" for alias in node.names]
            names = [name if name in FILES else module for name in below]
        for name in names:
            if name in FILES:
                yield node.lineno, name


def test_every_room_is_in_the_table_and_the_table_names_no_other() -> None:
    assert set(table()) == ROOMS


def test_rooms_import_only_what_the_table_allows() -> None:
    allowed = table()
    wrong = [
        f"{name}:{line} imports {module}"
        for name, file in FILES.items()
        for line, module in imports_of(file)
        if room_of(module) not in allowed[room_of(name)]
    ]
    assert wrong == []


def test_a_room_stands_below_those_that_may_import_it() -> None:
    seen: set[str] = set()
    for room, imports in table().items():
        assert imports - {room} <= seen, f"{room} imports a room that stands below it in the table"
        seen.add(room)


def test_no_two_files_import_each_other_in_a_circle() -> None:
    below = {name: {module for _, module in imports_of(file)} for name, file in FILES.items()}
    below.pop("summit_qa")  # it makes lazily public what imports it for its version
    for name, modules in below.items():
        modules -= {"summit_qa", name}
    while below:
        free = [name for name, modules in below.items() if not modules]
        assert free, f"a circle among {sorted(below)}"
        for name in free:
            del below[name]
        for modules in below.values():
            modules.difference_update(free)


def test_nothing_prints_outside_the_commands() -> None:
    wrong = [
        f"{name}:{node.lineno}"
        for name, file in FILES.items()
        if room_of(name) != "cli"
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "print"
    ]
    assert wrong == []
