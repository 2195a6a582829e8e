from collections.abc import Callable
from typing import Any, TypeVar

_C = TypeVar("_C", bound=type)

Interface: Any
Attribute: Any

def implementer(*interfaces: Any) -> Callable[[_C], _C]: ...
def __getattr__(name: str) -> Any: ...
