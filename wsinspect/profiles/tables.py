"""The tables within a profile, `limits` and `reconnect`: their keys and numbers, checked one by one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wsinspect.errors import UsageError, nearest
from wsinspect.options import Limits, ReconnectPolicy

_KEYS = {"limits": Limits.__struct_fields__, "reconnect": ReconnectPolicy.__struct_fields__}
_LEAST = {"factor": 1}
_MOST = 1e15


def check_tables(values: Mapping[str, Any]) -> None:
    """Refuse unknown keys and numbers out of range in the tables of a profile; types are checked elsewhere.

    Raises:
        UsageError: `where` is the table's key, without its file and line.
    """
    for table, known in _KEYS.items():
        found = values.get(table)
        if not isinstance(found, dict):
            continue
        for key, value in found.items():
            if key not in known:
                hint = nearest(key, known) or f"known keys: {', '.join(known)}"
                raise UsageError(f"unknown key {key!r} in {table}", where=table, hint=hint)
            least = _LEAST.get(key, 0)
            if isinstance(value, int | float) and not least <= value < _MOST:
                raise UsageError(
                    f"{table}.{key} is {value:g}", where=table, allowed=f"a number, {least} or more"
                )
