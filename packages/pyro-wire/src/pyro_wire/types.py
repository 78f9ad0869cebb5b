"""Which class travels under which tag, and how: the registry that all serializers share.

An object that is no plain value travels as a dictionary with the key ``__class__``. A registry is a value: serializers
are given one, and ``child()`` makes one with additions of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

from pyro_uri import URI
from pyro_uri import WIRE_NAME as URI_TAG
from pyro_wire.errors import SecurityError, SerializeError
from pyro_wire.exceptions import WRAPPER_TAG, ExceptionWrapper, exception_class, exception_to_dict, make_exception
from pyro_wire.remote_errors import remote_error

__all__ = ["ClassToDict", "DictToClass", "Replacement", "TypeRegistry", "default_types"]

ClassToDict: TypeAlias = Callable[[Any], dict[str, Any]]
DictToClass: TypeAlias = Callable[[str, dict[str, Any]], Any]
Replacement: TypeAlias = Callable[[Any], Any]
FromFields: TypeAlias = Callable[[dict[str, Any]], Any]
Rebuild: TypeAlias = Callable[[dict[str, Any]], Any]

_CONTAINERS = (set, dict, tuple, list)


@dataclass(frozen=True, slots=True)
class _Converter:
    """How a class of the program turns into a dictionary, and whether serpent uses it as well."""

    to_dict: ClassToDict
    serpent_too: bool = True


@dataclass(frozen=True, slots=True)
class _Writer:
    """How a class of this project travels: ``{"__class__": tag, **to_fields(obj)}``."""

    tag: str
    to_fields: ClassToDict


@dataclass(frozen=True, slots=True)
class _Reader:
    """How an object with a tag of this project is rebuilt, and whether from fields that were rebuilt themselves."""

    tag: str
    from_fields: FromFields
    descend: bool


class TypeRegistry:
    """Tags and classes, in both directions. A child registry asks its parent for what it does not know itself.

    Entries may be added while other threads serialize: the tables are replaced, never changed.
    """

    def __init__(self, parent: TypeRegistry | None = None) -> None:
        self._parent = parent
        self._to_dict: dict[type, _Converter] = {}
        self._from_dict: dict[str, DictToClass] = {}
        self._replacements: dict[type, Replacement] = {}
        self._tagged: dict[type, _Writer] = {}
        self._by_tag: dict[str, _Reader] = {}
        self._changes = 0

    def child(self) -> TypeRegistry:
        """Return a registry that knows all that this one knows, whose own entries this one does not see."""
        return TypeRegistry(self)

    @property
    def version(self) -> int:
        """A number that grows with every change here or in a parent, for those who keep derived tables."""
        return self._changes + (self._parent.version if self._parent else 0)

    # ------------------------------------------------------------------ entries

    def register_class_to_dict(self, clazz: type, converter: ClassToDict, serpent_too: bool = True) -> None:
        """Have instances of ``clazz`` travel as the dictionary that ``converter(obj)`` returns.

        Give it a key ``__class__`` that the receiver knows. ``serpent_too=False`` leaves serpent to its own ways.
        """
        self._to_dict = {**self._to_dict, clazz: _Converter(converter, serpent_too)}
        self._changes += 1

    def unregister_class_to_dict(self, clazz: type) -> None:
        """Forget what ``register_class_to_dict`` was told; an unknown class is ignored."""
        self._to_dict = {other: converter for other, converter in self._to_dict.items() if other is not clazz}
        self._changes += 1

    def register_dict_to_class(self, classname: str, converter: DictToClass) -> None:
        """Have dictionaries whose ``__class__`` is exactly ``classname`` rebuilt by ``converter(classname, data)``."""
        self._from_dict = {**self._from_dict, classname: converter}
        self._changes += 1

    def unregister_dict_to_class(self, classname: str) -> None:
        """Forget what ``register_dict_to_class`` was told; an unknown name is ignored."""
        self._from_dict = {name: converter for name, converter in self._from_dict.items() if name != classname}
        self._changes += 1

    def register_type_replacement(self, object_type: type, replacement: Replacement) -> None:
        """Have ``replacement(obj)`` travel instead of objects of that type. Raises ``ValueError`` for a non-class.

        A replacement that returns the object itself means "as if I were not there". Autoproxying is built on this.
        """
        if object_type is type or not isinstance(object_type, type):
            raise ValueError(f"a type replacement needs a class, and {object_type!r} is none")
        if self._replacements.get(object_type) is not replacement:
            self._replacements = {**self._replacements, object_type: replacement}
            self._changes += 1

    def register_tagged(
        self,
        tag: str,
        clazz: type,
        to_fields: ClassToDict,
        from_fields: FromFields,
        *,
        descend: bool = False,
    ) -> None:
        """Have instances of ``clazz``, subclasses included, travel under a fixed tag with the fields given.

        ``descend`` rebuilds what is inside the fields before ``from_fields`` gets them.
        """
        self._tagged = {**self._tagged, clazz: _Writer(tag, to_fields)}
        self.register_tag(tag, from_fields, descend=descend)

    def register_tag(self, tag: str, from_fields: FromFields, *, descend: bool = False) -> None:
        """Have dictionaries with that tag rebuilt by ``from_fields``, which nobody sends from here."""
        self._by_tag = {**self._by_tag, tag: _Reader(tag, from_fields, descend)}
        self._changes += 1

    # ------------------------------------------------------------------ sending

    def replace(self, obj: Any) -> Any:
        """Return what travels instead of ``obj`` by a type replacement for exactly its type, else ``obj``."""
        for registry in self._lineage():
            replacement = registry._replacements.get(type(obj))
            if replacement is not None:
                return replacement(obj)
        return obj

    def special_classes(self) -> Iterator[tuple[type, Replacement]]:
        """Yield the classes that serpent treats specially, with the function that gives what is written instead.

        In the order in which they are to be tried, by ``isinstance``.
        """
        for registry in self._lineage():
            for clazz, converter in registry._to_dict.items():
                if converter.serpent_too:
                    yield clazz, converter.to_dict
            yield from registry._replacements.items()
        for registry in self._lineage():
            for clazz in registry._tagged:
                yield clazz, self.class_to_dict
        yield BaseException, self.class_to_dict

    def converter_for(self, obj: Any) -> ClassToDict | None:
        """Return the converter that was registered for a class of ``obj``, None if there is none."""
        for registry in self._lineage():
            for clazz, converter in registry._to_dict.items():
                if isinstance(obj, clazz):
                    return converter.to_dict
        return None

    def class_to_dict(self, obj: Any) -> dict[str, Any]:
        """Return the dictionary under which ``obj`` travels.

        Raises ``ValueError`` for a plain container, and ``SerializeError`` for an object that has no state to send.
        """
        converter = self.converter_for(obj)
        if converter is not None:
            return converter(obj)
        if type(obj) in _CONTAINERS:
            raise ValueError(f"a {type(obj).__name__} is no object with a class of its own")
        for registry in self._lineage():
            for clazz, entry in registry._tagged.items():
                if isinstance(obj, clazz):
                    return {"__class__": entry.tag, **entry.to_fields(obj)}
        if isinstance(obj, BaseException):
            return exception_to_dict(obj)
        return _state_of(obj)

    # ---------------------------------------------------------------- receiving

    def dict_to_class(self, data: dict[str, Any], *, remote_errors: bool = True) -> Any:
        """Return the object that a dictionary with the key ``__class__`` stands for.

        An exception that nobody registered becomes a ``RemoteError``; without ``remote_errors`` it raises
        ``SerializeError``, as any other object does. Raises ``SecurityError`` for a class name with double underscores;
        those of ``__main__`` count only without ``remote_errors``.
        """
        name = data.get("__class__", "<unknown>")
        if isinstance(name, bytes):
            name = name.decode("utf-8", "replace")
        if not isinstance(name, str):
            raise SerializeError(f"unsupported serialized class: {name!r} is no name")
        for registry in self._lineage():
            converter = registry._from_dict.get(name)
            if converter is not None:
                return converter(name, data)
        marked = bool(data.get("__exception__"))
        # The one such name that every beginner meets: that of a class in the program that was started. It is as unknown
        # as any other; nothing is ever looked up by it.
        from_program = remote_errors and name.startswith("__main__.")
        if "__" in (name.removeprefix("__main__.") if from_program else name):
            raise SecurityError(f"refused to deserialize types with double underscores in their name: {name}")
        for registry in self._lineage():
            entry = registry._by_tag.get(name)
            if entry is not None:
                return self._rebuild(entry, data, remote_errors)
        cls = exception_class(name, marked=marked)
        if cls is not None:
            return make_exception(cls, data, remote_errors=remote_errors)
        if marked and remote_errors:
            return remote_error(name, data)
        raise SerializeError(f"unsupported serialized class: {name}")

    def recreate_classes(self, value: Any, *, remote_errors: bool = True) -> Any:
        """Return ``value`` with the class dictionaries in its containers rebuilt, from the outside inwards.

        What is inside a class dictionary is left alone. ``remote_errors`` is that of ``dict_to_class``.
        """
        return _from_outside(value, partial(self.dict_to_class, remote_errors=remote_errors))

    def recreate_classes_from_within(self, value: Any, *, remote_errors: bool = True) -> Any:
        """Return ``value`` with all class dictionaries rebuilt, from the inside outwards, as msgpack peers expect."""
        return _from_within(value, partial(self.dict_to_class, remote_errors=remote_errors))

    def _rebuild(self, entry: _Reader, data: dict[str, Any], remote_errors: bool) -> Any:
        fields = data
        if entry.descend:
            fields = {key: self.recreate_classes(value, remote_errors=remote_errors) for key, value in data.items()}
        try:
            return entry.from_fields(fields)
        except (KeyError, OverflowError, TypeError, ValueError) as error:
            raise SerializeError(f"the fields of {entry.tag} are not those that it needs: {error}") from error

    def _lineage(self) -> Iterator[TypeRegistry]:
        registry: TypeRegistry | None = self
        while registry is not None:
            yield registry
            registry = registry._parent


def _from_outside(value: Any, rebuild: Rebuild) -> Any:
    kind = type(value)
    if kind is dict:
        if "__class__" in value:
            return rebuild(value)
        return {key: _from_outside(item, rebuild) for key, item in value.items()}
    if kind is list:
        return [_from_outside(item, rebuild) for item in value]
    if kind is tuple:
        return tuple([_from_outside(item, rebuild) for item in value])
    if kind is set:
        return {_from_outside(item, rebuild) for item in value}
    return value


def _from_within(value: Any, rebuild: Rebuild) -> Any:
    kind = type(value)
    if kind is dict:
        result = {key: _from_within(item, rebuild) for key, item in value.items()}
        return rebuild(result) if "__class__" in result else result
    if kind is list:
        return [_from_within(item, rebuild) for item in value]
    return value


def _state_of(obj: Any) -> dict[str, Any]:
    """Return the state of an object that nobody registered: its own idea of it, its dictionary or its slots."""
    cls = type(obj)
    name = f"{cls.__module__}.{cls.__name__}"
    if getattr(cls, "__getstate__", None) is not getattr(object, "__getstate__", None):
        state = obj.__getstate__()
        if isinstance(state, dict):
            return state
    if hasattr(obj, "__dict__") and not isinstance(obj, type):
        return {**vars(obj), "__class__": name}
    slots = getattr(cls, "__slots__", None)
    if slots is None or isinstance(obj, type):
        raise SerializeError(f"don't know how to serialize class {cls}: it has no state; register a converter for it")
    names = [slots] if isinstance(slots, str) else slots
    return {**{slot: getattr(obj, slot) for slot in names if hasattr(obj, slot)}, "__class__": name}


def _wrapper_from(fields: Mapping[str, Any]) -> ExceptionWrapper:
    exception = fields["exception"]
    if not isinstance(exception, BaseException):
        raise TypeError(f"the exception wrapper holds no exception but {exception!r}")
    return ExceptionWrapper(exception)


def _uri_state(uri: URI) -> dict[str, Any]:
    return {"state": uri.__getstate__()}


def _uri_from(fields: Mapping[str, Any]) -> URI:
    protocol, obj, sockname, host, port = fields["state"]
    if protocol == "PYROMETA" and isinstance(obj, list | tuple):
        obj = set(obj)  # json and msgpack have no sets
    uri = URI.__new__(URI)
    uri.__setstate__((protocol, obj, sockname, host, port))
    return uri


default_types = TypeRegistry()
"""The process-wide registry."""

default_types.register_tagged(URI_TAG, URI, _uri_state, _uri_from)
default_types.register_tagged(
    WRAPPER_TAG, ExceptionWrapper, lambda wrapper: {"exception": wrapper.exception}, _wrapper_from, descend=True
)
default_types.register_tag("float", lambda fields: float(fields["value"]))  # serpent's way to write NaN
