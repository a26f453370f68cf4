"""Modules import only what the table in docs/architecture.md allows."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "src" / "summit_qa"


def table() -> tuple[dict[str, str], dict[str, set[str]]]:
    """The layer of each module, and the layers that each layer may import."""
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    layer_of: dict[str, str] = {}
    allowed: dict[str, set[str]] = {}
    for line in page.split("| layer | modules | may import |")[1].splitlines()[2:]:
        if not line.startswith("|"):
            break
        layer, modules, imports = (cell.strip() for cell in line.strip("|").split("|"))
        for module in re.findall(r"`(\w+)`", modules):
            assert module not in layer_of, module
            layer_of[module] = layer
        names = re.sub(r"\(.*?\)", "", imports).split(",")
        allowed[layer] = {name.strip() for name in names if name.strip()} | {layer}
    return layer_of, allowed


def module_of(file: Path) -> str:
    """The module below summit_qa, or the package that the file is part of."""
    return file.relative_to(PACKAGE).with_suffix("").parts[0]


def imports_of(file: Path) -> Iterator[tuple[int, str]]:
    """Line and module of everything of ours that the file imports, wherever it does so."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module == "summit_qa":
            names = [f"summit_qa.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file.name}:{node.lineno} imports relatively"
            names = [node.module or ""]
        for name in names:
            if name == "summit_qa" or name.startswith("summit_qa."):
                module = [*name.split("."), "__init__"][1]
                known = (PACKAGE / module).is_dir() or (PACKAGE / f"{module}.py").exists()
                yield node.lineno, module if known else "__init__"


def files() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def test_every_module_has_a_layer() -> None:
    layer_of, _ = table()
    assert {module_of(file) for file in files()} - set(layer_of) == set()
    planned = {"testing", "support_rules"}  # being written beside this
    assert set(layer_of) - {module_of(file) for file in files()} <= planned


def test_the_table_names_only_layers_that_exist() -> None:
    layer_of, allowed = table()
    assert len(allowed) > 10
    assert {name for names in allowed.values() for name in names} <= set(layer_of.values())


def test_layers_but_the_values_do_not_import_in_a_circle() -> None:
    _, allowed = table()
    below = {name: names - {name} for name, names in allowed.items() if name != "values"}
    for names in below.values():
        names.discard("values")
    while below:
        free = [name for name, names in below.items() if not names]
        assert free, f"a circle among {sorted(below)}"
        for name in free:
            del below[name]
        for names in below.values():
            names.difference_update(free)


def test_modules_import_only_what_the_table_allows() -> None:
    layer_of, allowed = table()
    wrong = [
        f"{file.relative_to(PACKAGE)}:{line} imports {module}"
        for file in files()
        for line, module in imports_of(file)
        if layer_of.get(module) not in allowed[layer_of[module_of(file)]]
        and not (module == "__init__" and layer_of[module_of(file)] in ("app", "commands"))
    ]
    assert wrong == []


def test_types_imports_display_only_where_an_answer_becomes_a_dict() -> None:
    lines = (PACKAGE / "types.py").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.startswith(("from summit_qa", "import summit_qa"))] == []
    assert sum("summit_qa.serialize" in line for line in lines) == 1


def test_nothing_prints_outside_the_commands() -> None:
    layer_of, _ = table()
    wrong = [
        f"{file.name}:{node.lineno}"
        for file in files()
        if layer_of[module_of(file)] != "commands"
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "print"
    ]
    assert wrong == []
