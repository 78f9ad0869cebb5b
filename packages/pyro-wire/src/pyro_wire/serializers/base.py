"""What all serializers have in common: the public interface, the registries, and errors told in one voice."""

from __future__ import annotations

from typing import Any, ClassVar

from pyro_wire.config import Config
from pyro_wire.config import config as process_config
from pyro_wire.errors import SerializeError
from pyro_wire.exceptions import make_exception as rebuild_exception
from pyro_wire.message import Buffer
from pyro_wire.types import ClassToDict, DictToClass, Replacement, TypeRegistry, default_types

__all__ = ["SerializerBase"]

_CLASS_KEY = b"__class__"
_SEQUENCES = (list, tuple)


class SerializerBase:
    """Turns values and calls into bytes and back; one instance may be used by many threads.

    A subclass writes ``_write`` and ``_read``, and may refine the calls. ``types`` is the registry of classes and
    ``config`` the options and bounds, the process-wide ones unless given.
    """

    serializer_id: ClassVar[int] = 0
    name: ClassVar[str] = ""

    _class_types: ClassVar[TypeRegistry] = default_types
    """The process-wide registry, with the type replacements of this class of serializers."""
    # A subclass that has an __init__ of its own may leave ours out.
    types: TypeRegistry = default_types
    config: Config = process_config

    def __init__(self, types: TypeRegistry = default_types, config: Config = process_config) -> None:
        self.types = self._class_types if types is default_types else types
        self.config = config

    def __init_subclass__(cls) -> None:
        cls._class_types = cls._class_types.child()

    # --------------------------------------------------------------- the public interface

    def dumps(self, data: Any) -> Buffer:
        """Return a value as bytes.

        Raises ``SerializeError``, ``TypeError`` or ``ValueError`` for a value that this format cannot carry.
        """
        return self._write(data)

    def loads(self, data: Buffer) -> Any:
        """Return the value in the bytes. Raises ``SerializeError`` for bytes that are no such value."""
        try:
            value = self._read(data)
        except (ValueError, RecursionError) as error:
            raise self._invalid(error) from error
        return self.recreate_classes(value) if has_classes(data) else value

    def dumpsCall(self, obj: str, method: str, vargs: Any, kwargs: Any) -> Buffer:
        """Return a call as bytes: object id, method name, positional and keyword arguments (or None)."""
        return self._write((obj, method, vargs, kwargs))

    def loadsCall(self, data: Buffer) -> tuple[str, str, Any, Any]:
        """Return (object id, method name, positional arguments, keyword arguments or None).

        Raises ``SerializeError`` for bytes that are no call.
        """
        try:
            obj, method, vargs, kwargs = self._read_call(data)
        except (ValueError, TypeError, RecursionError) as error:
            raise self._invalid(error) from error
        if has_classes(data):
            vargs, kwargs = self.recreate_classes(vargs), self.recreate_classes(kwargs)
        if type(obj) is not str or type(method) is not str:
            raise SerializeError("these bytes are no call: object and method must be strings")
        if not isinstance(vargs, _SEQUENCES) or not (kwargs is None or isinstance(kwargs, dict)):
            raise SerializeError("these bytes are no call: arguments must be a list, keyword arguments a dictionary")
        return obj, method, vargs, kwargs

    # ------------------------------------------------------------------- for the subclasses

    def _write(self, data: Any) -> Buffer:
        raise NotImplementedError

    def _read(self, data: Buffer) -> Any:
        """Return the plain value in the bytes, class dictionaries left as they are; raise ``ValueError`` if bad."""
        raise NotImplementedError

    def _recreate(self, value: Any) -> Any:
        return self.types.recreate_classes(value, remote_errors=self.config.REMOTE_ERRORS)

    def _read_call(self, data: Buffer) -> Any:
        """Return the four parts of the call in the bytes, as ``_read`` does."""
        return self._read(data)

    def _invalid(self, error: Exception) -> SerializeError:
        return SerializeError(f"invalid {self.name} data: {error}")

    # -------------------------------------------------------- the registries, process-wide

    @classmethod
    def register_class_to_dict(cls, clazz: type, converter: ClassToDict, serpent_too: bool = True) -> None:
        """See ``TypeRegistry.register_class_to_dict``; for all serializers of the process."""
        default_types.register_class_to_dict(clazz, converter, serpent_too)

    @classmethod
    def unregister_class_to_dict(cls, clazz: type) -> None:
        """Forget a class; an unknown one is ignored."""
        default_types.unregister_class_to_dict(clazz)

    @classmethod
    def register_dict_to_class(cls, classname: str, converter: DictToClass) -> None:
        """See ``TypeRegistry.register_dict_to_class``; for all serializers of the process."""
        default_types.register_dict_to_class(classname, converter)

    @classmethod
    def unregister_dict_to_class(cls, classname: str) -> None:
        """Forget a class name; an unknown one is ignored."""
        default_types.unregister_dict_to_class(classname)

    @classmethod
    def register_type_replacement(cls, object_type: type, replacement_function: Replacement) -> None:
        """Have ``replacement_function(obj)`` travel instead of objects of that type, with this class of serializers.

        Raises ``ValueError`` for a non-class. Marshal knows no replacements.
        """
        cls._class_types.register_type_replacement(object_type, replacement_function)

    @classmethod
    def class_to_dict(cls, obj: Any) -> dict[str, Any]:
        """Return the dictionary under which an object travels."""
        return default_types.class_to_dict(obj)

    @classmethod
    def dict_to_class(cls, data: dict[str, Any]) -> Any:
        """Return the object that a dictionary with the key ``__class__`` stands for."""
        return default_types.dict_to_class(data, remote_errors=process_config.REMOTE_ERRORS)

    def recreate_classes(self, literal: Any) -> Any:
        """Return the value with its class dictionaries rebuilt. Raises ``SerializeError`` if it is nested too deep."""
        try:
            return self._recreate(literal)
        except RecursionError as error:
            raise self._invalid(error) from error

    @staticmethod
    def make_exception(exceptiontype: type[BaseException], data: dict[str, Any]) -> BaseException:
        """Build an exception from the dictionary under which it travelled."""
        return rebuild_exception(exceptiontype, data, remote_errors=process_config.REMOTE_ERRORS)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and vars(other) == vars(self)

    def __hash__(self) -> int:
        return hash((type(self), id(self.types), id(self.config)))

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


def has_classes(data: Buffer) -> bool:
    """Tell whether there may be a class dictionary in the bytes: a search is 30 times faster than a walk."""
    return _CLASS_KEY in (data if type(data) is bytes else bytes(data))
