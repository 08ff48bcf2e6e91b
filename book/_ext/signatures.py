"""Signatures as the source writes them: shapes in words, the package's own types by full name."""

import ast
import functools
import inspect
import sys
from types import ModuleType
from typing import Any

import jaxtyping


@functools.cache
def _definitions(module: ModuleType) -> dict[str, ast.AST]:
    """Return a module's functions, classes and plain assignments by qualified name."""
    found: dict[str, ast.AST] = {}

    def collect(body: list[ast.stmt], prefix: str) -> None:
        for node in body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                found[f"{prefix}{node.name}"] = node
            if isinstance(node, ast.ClassDef):
                collect(node.body, f"{prefix}{node.name}.")
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                found[f"{prefix}{node.targets[0].id}"] = node.value

    collect(ast.parse(inspect.getsource(module)).body, "")
    return found


class _Shorten(ast.NodeTransformer):
    def __init__(self, module: ModuleType) -> None:
        self.module = module

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        name = node.value.id if isinstance(node.value, ast.Name) else ""
        if name == "Literal":  # its strings are values, not names
            return node
        if not (
            isinstance(getattr(jaxtyping, name, None), type) and isinstance(node.slice, ast.Tuple)
        ):
            return self.generic_visit(node)
        kind, shape = node.slice.elts
        kind = ast.Name("Array") if isinstance(kind, ast.BinOp) else kind
        shape = ast.Constant(str(getattr(shape, "value", "")).strip())
        return ast.Subscript(node.value, ast.Tuple([self.visit(kind), shape]))

    def visit_Name(self, node: ast.Name) -> ast.AST:
        thing = getattr(self.module, node.id, None)
        if inspect.isclass(thing) and thing.__module__.startswith("w2s_jax"):
            return ast.Name(f"{thing.__module__}.{thing.__qualname__}")
        alias = _definitions(self.module).get(node.id)
        if isinstance(alias, ast.Subscript):
            return self.visit(ast.parse(ast.unparse(alias), mode="eval").body)
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        return ast.Name(node.attr) if ast.unparse(node) == "np.ndarray" else node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        if isinstance(node.value, str):  # a name that comes later in the module
            return self.visit(ast.parse(node.value, mode="eval").body)
        return node


def _shorten(node: ast.expr, module: ModuleType) -> ast.expr:
    return _Shorten(module).visit(ast.parse(ast.unparse(node), mode="eval").body)


def _of_function(node: ast.FunctionDef, module: ModuleType, bound: bool) -> tuple[str, str | None]:
    made = ast.parse(ast.unparse(node)).body[0]
    assert isinstance(made, ast.FunctionDef)
    own = made.args
    if bound:
        (own.posonlyargs or own.args).pop(0)
    stars = [a for a in (own.vararg, own.kwarg) if a]
    for argument in (*own.posonlyargs, *own.args, *own.kwonlyargs, *stars):
        if argument.annotation:
            argument.annotation = _shorten(argument.annotation, module)
    back = ast.unparse(_shorten(made.returns, module)) if made.returns else "None"
    return f"({ast.unparse(own)})", None if back == "None" else back


def _fields(node: ast.ClassDef, module: ModuleType) -> dict[str, str]:
    """Return the arguments that a class's own fields add to its constructor."""
    found = {}
    for field in (n for n in node.body if isinstance(n, ast.AnnAssign)):
        options = _options(field.value)
        if "ClassVar" in ast.unparse(field.annotation) or options.get("init") == "False":
            continue
        kind = ast.unparse(_shorten(field.annotation, module))
        default = field.value and (options.get("default") or _default(field.value, options))
        name = ast.unparse(field.target)
        found[name] = f"{name}: {kind}" + (f" = {default}" if default else "")
    return found


def _options(value: ast.expr | None) -> dict[str | None, str]:
    """Return what `field(...)` was told."""
    if isinstance(value, ast.Call) and ast.unparse(value.func).endswith("field"):
        return {"": "field"} | {k.arg: ast.unparse(k.value) for k in value.keywords}
    return {}


def _default(value: ast.expr, options: dict[str | None, str]) -> str:
    if options:
        return f"{made}()" if (made := options.get("default_factory")) else ""
    # Sphinx reads no starred expression.
    return "..." if any(isinstance(n, ast.Starred) for n in ast.walk(value)) else ast.unparse(value)


def _of_class(thing: Any) -> tuple[str, str | None]:
    """Return the arguments of the nearest constructor, or of all fields, inherited ones first."""
    found: dict[str, str] = {}
    for base in inspect.getmro(thing):
        module = sys.modules[base.__module__]
        if module.__name__.split(".")[0] == "w2s_jax":
            made = _definitions(module).get(f"{base.__qualname__}.__init__")
            if isinstance(made, ast.FunctionDef):
                return _of_function(made, module, True)[0], None
            node = _definitions(module)[base.__qualname__]
            assert isinstance(node, ast.ClassDef)
            found = _fields(node, module) | found
    return f"({', '.join(found.values())})", None


def _of_traits(thing: Any) -> str:
    """Return a widget's arguments: the values that it shares with its picture."""
    traits = thing.class_own_traits(sync=True)
    shown = [f"{name}={_initial(trait)}" for name, trait in traits.items() if name[0] != "_"]
    return f"(*, {', '.join(shown)})" if shown else "()"


def _initial(trait: Any) -> str:
    value = trait.default_value
    return repr(value) if isinstance(value, bool | int | float | str | list) else "..."


def signature(full: str, thing: Any) -> tuple[str, str | None] | None:
    """Return arguments and result of a function, method or class, None where the source has none.

    >>> import w2s_jax
    >>> signature("w2s_jax.heads._least_squares.LinearHead", w2s_jax.LinearHead)[0][:40]
    '(weights, bias, rank, centre=None, level'
    """
    home = inspect.unwrap(thing) if callable(thing) else thing
    module = sys.modules.get(getattr(home, "__module__", None) or "")
    if module is None or not module.__name__.startswith("w2s_jax"):
        return None
    name = home.__qualname__
    node = _definitions(module).get(name)
    if isinstance(node, ast.FunctionDef):
        kinds = {ast.unparse(d) for d in node.decorator_list}
        return _of_function(node, module, "." in name and "staticmethod" not in kinds)
    if not isinstance(node, ast.ClassDef):
        return None
    if hasattr(thing, "class_own_traits") and f"{name}.__init__" not in _definitions(module):
        return _of_traits(thing), None
    return _of_class(thing)
