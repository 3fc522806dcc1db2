"""Read a module's source as parts that can be compared with those of another version and run one by one."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from types import CodeType
from typing import Any, Literal, NamedTuple, TypeAlias

Kind: TypeAlias = Literal["import", "function", "class", "value", "effect"]


class Import(NamedTuple):
    """A name that a module takes from another one.

    Attributes:
        level: Dots of a relative import.
        module: The other module.
        name: What is taken from it, "*" for everything; empty for the module itself.
        alias: The name it has here.
    """

    level: int
    module: str
    name: str
    alias: str


class Member(NamedTuple):
    """A value that the body of a class sets.

    Attributes:
        text: Its statements, without positions.
        reads: Names that they read.
    """

    text: str
    reads: frozenset[str]


@dataclass(frozen=True, slots=True)
class Part:
    """Statements at the top of a module that belong together, since they set the same names.

    Attributes:
        names: What they set. A name counts as set if a method of its value is called, too.
        kind: What they are; "effect" sets no name.
        text: The statements, without positions and comments.
        reads: Names that are read when it runs: "SIZE", "helper.SIZE", and "file:look.toml" for each text
            that is the name of a TOML file.
        later: Names that its functions read when they are called.
        line: Of the first statement.
        code: Runs the statements.
        imports: What it imports.
        members: Of a class: the values its body sets, by name; and, by `CALL`, what makes its objects.
        makes: Attributes that a `setup` sets on its first argument, by the name of the function or class.
        sets: Module variables that a plain `setup` sets.
    """

    names: frozenset[str]
    kind: Kind
    text: str
    reads: frozenset[str]
    later: frozenset[str]
    line: int
    code: CodeType
    imports: tuple[Import, ...] = ()
    members: dict[str, Member] = field(default_factory=dict[str, Member])
    makes: dict[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    sets: frozenset[str] = frozenset()

    def row(self) -> tuple[Any, ...]:
        """The part as plain values, which marshal can write."""
        members = {name: tuple(member) for name, member in self.members.items()}
        imports = tuple(tuple(each) for each in self.imports)
        front = (self.names, self.kind, self.text, self.reads, self.later, self.line, self.code)
        return (*front, imports, members, self.makes, self.sets)

    @classmethod
    def of_row(cls, row: Sequence[Any]) -> "Part":
        """The part that `row` wrote."""
        names, kind, text, reads, later, line, code, imports, members, makes, sets = row
        taken = tuple(Import(*each) for each in imports)
        held = {name: Member(*each) for name, each in members.items()}
        return cls(names, kind, text, reads, later, line, code, taken, held, makes, sets)


CALL = "()"
"""The name of what makes the objects of a class."""

_MAKERS = ("__init__", "__new__", "__post_init__")


def parts_of(source: str, file: str) -> tuple[Part, ...]:
    """The parts of a module, in the order of their first statements.

    Args:
        source: Its text.
        file: Its path, which tracebacks name.

    Raises:
        SyntaxError: It is not Python.
        ValueError: It has a zero byte.
    """
    tree = ast.parse(source, file)
    # Finds what the parser does not, such as a return outside of a function.
    compile(tree, file, "exec", dont_inherit=True)
    future = [node for node in tree.body if isinstance(node, ast.ImportFrom) and node.module == "__future__"]
    modules = {alias for node in tree.body for alias in _module_aliases(node)}
    groups: list[tuple[set[str], list[ast.stmt]]] = []
    for node in tree.body:
        if _is_main(node) or _is_text(node):
            continue
        names = _bound(node) - (modules if isinstance(node, ast.Expr) else set[str]())
        together = [group for group in groups if group[0] & names]
        if not together:
            groups.append((names, [node]))
            continue
        first = together[0]
        for other in together[1:]:
            first[0].update(other[0])
            first[1].extend(other[1])
            groups.remove(other)
        first[0].update(names)
        first[1].append(node)
    return tuple(_part(names, nodes, file, future) for names, nodes in groups)


def _part(names: set[str], nodes: list[ast.stmt], file: str, future: Sequence[ast.stmt]) -> Part:
    nodes.sort(key=lambda node: node.lineno)
    reads, later = set[str](), set[str]()
    for node in nodes:
        _Reader(reads, later).visit(node)
    extra = [node for node in future if node not in nodes]
    code = compile(ast.Module([*extra, *nodes], []), file, "exec", dont_inherit=True)
    classes = [node for node in nodes if isinstance(node, ast.ClassDef)]
    functions = [node for node in nodes if isinstance(node, ast.FunctionDef)]
    makes = {f"{each.name}": made for each in classes if (made := _made_by(_setup_in(each.body)))}
    setup = _setup_in(functions)
    if setup is not None and (made := _made_by(setup)):
        makes["setup"] = made
    return Part(
        frozenset(names),
        _kind(names, nodes),
        "\n".join(ast.dump(node) for node in nodes),
        frozenset(reads - names),
        frozenset(later),
        nodes[0].lineno,
        code,
        tuple(each for node in nodes for each in _imports(node)),
        _members(classes[0]) if len(classes) == 1 else {},
        makes,
        _globals_of(setup) if setup is not None else frozenset(),
    )


def _kind(names: set[str], nodes: list[ast.stmt]) -> Kind:
    if all(isinstance(node, ast.Import | ast.ImportFrom) for node in nodes):
        return "import"
    if not names:
        return "effect"
    if len(nodes) == 1 and isinstance(nodes[0], ast.ClassDef):
        return "class"
    if len(nodes) == 1 and isinstance(nodes[0], ast.FunctionDef | ast.AsyncFunctionDef):
        return "function"
    return "value"


def _is_main(node: ast.stmt) -> bool:
    """Whether it is `if __name__ == "__main__":`, which starts the sketch that is running."""
    return isinstance(node, ast.If) and any(
        isinstance(each, ast.Name) and each.id == "__name__" for each in ast.walk(node.test)
    )


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _module_aliases(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.Import | ast.ImportFrom):
        yield from (each.alias for each in _imports(node))


def _imports(node: ast.stmt) -> Iterator[Import]:
    for each in _within_scope(node):
        if isinstance(each, ast.Import):
            for alias in each.names:
                # `import a.b` sets `a`.
                yield Import(0, alias.name, "", alias.asname or alias.name.partition(".")[0])
        elif isinstance(each, ast.ImportFrom):
            for alias in each.names:
                yield Import(each.level, each.module or "", alias.name, alias.asname or alias.name)


def _within_scope(node: ast.AST) -> Iterator[ast.AST]:
    """A statement and what is in it, without the bodies of functions and classes in it."""
    yield node
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
        return
    for child in ast.iter_child_nodes(node):
        yield from _within_scope(child)


def _bound(node: ast.stmt) -> set[str]:
    """The names that a statement sets, or whose values it changes."""
    names: set[str] = set()
    hidden: set[str] = set()
    for each in _within_scope(node):
        match each:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                names.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
            case ast.Import() | ast.ImportFrom():
                names.update(imported.alias for imported in _imports(each))
            case ast.ExceptHandler(name=str(name)):
                names.add(name)
            case ast.Attribute(ctx=ast.Store()) | ast.Subscript(ctx=ast.Store()):
                names |= _base(each)
            case ast.Expr(value=ast.Call(func=ast.Attribute() as method)):
                names |= _base(method)
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                hidden |= _targets(each)
            case _:
                pass
    return names - hidden


def _base(node: ast.expr) -> set[str]:
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return {node.id} if isinstance(node, ast.Name) else set()


def _targets(node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp) -> set[str]:
    return {
        each.id for part in node.generators for each in ast.walk(part.target) if isinstance(each, ast.Name)
    }


class _Reader(ast.NodeVisitor):
    """Collects the names that statements read: at once, and in functions that are called later."""

    def __init__(self, reads: set[str], later: set[str]) -> None:
        self._now = reads
        self._later = later

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self._now.add(node.id)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if isinstance(node.value, ast.Name):
            self._now.add(f"{node.value.id}.{node.attr}")
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str) and node.value.endswith(".toml"):
            self._now.add(f"file:{node.value}")

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._function(node, node.body)
        for each in [*node.decorator_list, *filter(None, [node.returns])]:
            self.visit(each)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._function(node, node.body)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._function(node, [node.body])

    def _function(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, body: Sequence[ast.AST]
    ) -> None:
        arguments = node.args
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        for each in [*arguments.defaults, *arguments.kw_defaults, *(one.annotation for one in every)]:
            if each is not None:
                self.visit(each)
        local = {each.arg for each in [*every, arguments.vararg, arguments.kwarg] if each is not None}
        found: set[str] = set()
        for each in body:
            _Reader(found, found).visit(each)
            local |= _stored(each)
        self._later |= {name for name in found if name.partition(".")[0] not in local}


def _stored(node: ast.AST) -> set[str]:
    """The local variables that code in a function sets."""
    shared = {name for each in _within_scope(node) if isinstance(each, ast.Global) for name in each.names}
    return {
        each.id
        for each in _within_scope(node)
        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store) and each.id not in shared
    }


def _members(node: ast.ClassDef) -> dict[str, Member]:
    texts: dict[str, list[str]] = {}
    reads: dict[str, set[str]] = {}
    for each in node.body:
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) or _is_text(each):
            continue
        read: set[str] = set()
        _Reader(read, read).visit(each)
        for name in _bound(each):
            texts.setdefault(name, []).append(ast.dump(each))
            reads.setdefault(name, set()).update(read)
    made = [ast.dump(each) for each in node.body if getattr(each, "name", "") in _MAKERS]
    members = {name: Member("\n".join(text), frozenset(reads[name])) for name, text in texts.items()}
    return {**members, CALL: Member("\n".join(made), frozenset())}


def _setup_in(body: Sequence[ast.stmt]) -> ast.FunctionDef | None:
    found = [each for each in body if isinstance(each, ast.FunctionDef) and each.name == "setup"]
    return found[-1] if found else None


def _made_by(setup: ast.FunctionDef | None) -> frozenset[str]:
    """The attributes that a setup sets on its first argument."""
    if setup is None or not setup.args.args:
        return frozenset()
    me = setup.args.args[0].arg
    return frozenset(
        each.attr
        for each in ast.walk(setup)
        if isinstance(each, ast.Attribute)
        and isinstance(each.ctx, ast.Store)
        and isinstance(each.value, ast.Name)
        and each.value.id == me
    )


def _globals_of(setup: ast.FunctionDef) -> frozenset[str]:
    return frozenset(name for each in ast.walk(setup) if isinstance(each, ast.Global) for name in each.names)
