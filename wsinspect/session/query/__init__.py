"""Filter and search over the frame log: a language, and an engine that takes it a step at a time.

wanted = compile_filter('received and $.type == "ping"')
scan = FilterScan(record.frames, wanted, attempts=record.attempts)
while not scan.step(0.01).done: ...
scan.numbers
"""

from wsinspect.session.query.assist import Completion, complete, explain
from wsinspect.session.query.engine import FilterScan, Progress
from wsinspect.session.query.help import HELP
from wsinspect.session.query.language import Filter, compile_filter, compile_search
from wsinspect.session.query.search import Search
from wsinspect.session.query.tokens import FilterError

__all__ = [
    "HELP",
    "Completion",
    "Filter",
    "FilterError",
    "FilterScan",
    "Progress",
    "Search",
    "compile_filter",
    "compile_search",
    "complete",
    "explain",
]
