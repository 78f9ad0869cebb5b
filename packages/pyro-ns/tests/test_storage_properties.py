"""Every storage, with its indexes, gives the answers of a plain dictionary that looks at everything."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pyro_ns import Entry, Storage
from pyro_ns.storage import Everything, HasAll, HasAny, Named, Query, RegisteredAs, StartsWith

URIS = ["PYRO:a@b:1", "PYRO:c@d:2"]

# Few letters, so that names are prefixes of each other and are met again.
names = st.text("aB%\ud7ff\U0001f600\U0010ffff", max_size=4)
tag_sets = st.frozensets(st.sampled_from("xyz"))
queries: st.SearchStrategy[Query] = st.one_of(
    st.builds(Everything),
    st.builds(Named, names),
    st.builds(RegisteredAs, names, st.sampled_from(URIS)),
    st.builds(StartsWith, names),
    st.builds(HasAll, tag_sets),
    st.builds(HasAny, tag_sets),
)
entries = st.builds(Entry, st.sampled_from(URIS), tag_sets)
steps = st.one_of(
    st.tuples(st.just("put"), names, entries, st.booleans()),
    st.tuples(st.just("tag"), names, tag_sets),
    st.tuples(st.just("remove"), queries, st.frozensets(names, max_size=2)),
)


def matching(model: dict[str, Entry], query: Query) -> dict[str, Entry]:
    return {name: entry for name, entry in model.items() if query.matches(name, entry)}


@given(st.lists(steps, max_size=30), st.lists(queries, max_size=5))
@settings(
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)  # it makes, and has, no state
def test_a_storage_answers_as_a_dictionary_would(
    new_storage: Callable[[Path], Storage], history: list[tuple[Any, ...]], questions: list[Query]
) -> None:
    model: dict[str, Entry] = {}
    with tempfile.TemporaryDirectory() as folder, new_storage(Path(folder)) as storage:
        for step in history:
            model = change_both(storage, model, step)
        assert storage.count() == len(model)
        assert storage.find(Everything()) == model
        for question in questions:
            assert storage.find(question) == matching(model, question)


def change_both(storage: Storage, model: dict[str, Entry], step: tuple[Any, ...]) -> dict[str, Entry]:
    """Do one thing to a storage and say what the model is after it."""
    match step:
        case ("put", name, entry, overwrite):
            stored = overwrite or name not in model
            assert storage.put(name, entry, overwrite=overwrite) == stored
            return {**model, name: entry} if stored else model
        case ("tag", name, tags):
            assert storage.set_metadata(name, tags) == (name in model)
            return {**model, name: Entry(model[name].uri, tags)} if name in model else model
        case ("remove", query, keep):
            doomed = matching(model, query).keys() - keep
            assert storage.remove(query, keep=keep) == len(doomed)
            return {name: entry for name, entry in model.items() if name not in doomed}
        case _:
            raise AssertionError(f"no such step: {step}")
