"""The memory storage, with its indexes, gives the answers of a plain dictionary that looks at everything."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pyro_ns import Entry, MemoryStorage
from pyro_ns.storage import Everything, HasAll, HasAny, Named, Query, StartsWith

# Few letters, so that names are prefixes of each other and are met again.
names = st.text("ab\U0001f600", max_size=4)
tag_sets = st.frozensets(st.sampled_from("xyz"))
queries: st.SearchStrategy[Query] = st.one_of(
    st.builds(Everything),
    st.builds(Named, names),
    st.builds(StartsWith, names),
    st.builds(HasAll, tag_sets),
    st.builds(HasAny, tag_sets),
)
entries = st.builds(Entry, st.sampled_from(["PYRO:a@b:1", "PYRO:c@d:2"]), tag_sets)
steps = st.one_of(
    st.tuples(st.just("put"), names, entries, st.booleans()),
    st.tuples(st.just("tag"), names, tag_sets),
    st.tuples(st.just("remove"), queries, st.frozensets(names, max_size=2)),
)


def matching(model: dict[str, Entry], query: Query) -> dict[str, Entry]:
    return {name: entry for name, entry in model.items() if query.matches(name, entry)}


@given(st.lists(steps, max_size=30), st.lists(queries, max_size=5))
def test_the_memory_storage_answers_as_a_dictionary_would(
    history: list[tuple[Any, ...]], questions: list[Query]
) -> None:
    storage = MemoryStorage()
    model: dict[str, Entry] = {}
    for step in history:
        match step:
            case ("put", name, entry, overwrite):
                free = name not in model
                assert storage.put(name, entry, overwrite=overwrite) == (free or overwrite)
                model[name] = entry if free or overwrite else model[name]
            case ("tag", name, tags):
                assert storage.set_metadata(name, tags) == (name in model)
                if name in model:
                    model[name] = Entry(model[name].uri, tags)
            case ("remove", query, keep):
                doomed = matching(model, query).keys() - keep
                assert storage.remove(query, keep=keep) == len(doomed)
                model = {name: entry for name, entry in model.items() if name not in doomed}
    assert storage.count() == len(model)
    assert storage.find(Everything()) == model
    for question in questions:
        assert storage.find(question) == matching(model, question)
