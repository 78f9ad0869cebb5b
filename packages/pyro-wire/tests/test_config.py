"""The configuration: documented items and defaults, the environment, and configs of one's own."""

from __future__ import annotations

import dataclasses
import os
import pickle
import subprocess
import sys

import pytest

from pyro_wire import Config, config
from pyro_wire.config import unknown_variables

# Item, default and type, as documented for Pyro5.
DOCUMENTED = {
    "HOST": "localhost",
    "NS_HOST": "localhost",
    "NS_PORT": 9090,
    "NS_BCPORT": 9091,
    "NS_BCHOST": None,
    "NS_AUTOCLEAN": 0.0,
    "NS_LOOKUP_DELAY": 0.0,
    "NATHOST": None,
    "NATPORT": 0,
    "COMPRESSION": False,
    "SERVERTYPE": "thread",
    "COMMTIMEOUT": 0.0,
    "POLLTIMEOUT": 2.0,
    "MAX_RETRIES": 0,
    "SOCK_REUSE": True,
    "SOCK_NODELAY": False,
    "DETAILED_TRACEBACK": False,
    "THREADPOOL_SIZE": 80,
    "THREADPOOL_SIZE_MIN": 4,
    "MAX_MESSAGE_SIZE": 1073741824,
    "BROADCAST_ADDRS": ["<broadcast>", "0.0.0.0"],
    "PREFER_IP_VERSION": 0,
    "SERIALIZER": "serpent",
    "SERPENT_BYTES_REPR": False,
    "ONEWAY_THREADED": True,
    "ITER_STREAMING": True,
    "ITER_STREAM_LIFETIME": 0.0,
    "ITER_STREAM_LINGER": 30.0,
    "LOGFILE": "",
    "LOGLEVEL": "",
    "LOGWIRE": False,
    "SSL": False,
    "SSL_SERVERCERT": "",
    "SSL_SERVERKEY": "",
    "SSL_SERVERKEYPASSWD": "",
    "SSL_CLIENTCERT": "",
    "SSL_CLIENTKEY": "",
    "SSL_CLIENTKEYPASSWD": "",
    "SSL_CACERTS": "",
    "SSL_REQUIRECLIENTCERT": False,
}
OWN = sorted({item.name for item in dataclasses.fields(Config)} - set(DOCUMENTED))


def from_environment(**variables: str) -> Config:
    return Config.from_environment(variables)


# --- items ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "default"), DOCUMENTED.items())
def test_a_documented_item_has_its_documented_default(name: str, default: object) -> None:
    value = getattr(Config(), name)
    assert value == default
    assert type(value) is type(default)


def test_out_of_the_box_nothing_is_reachable_from_other_machines_and_nothing_runs_foreign_code() -> None:
    fresh = Config()
    assert (fresh.HOST, fresh.NS_HOST, fresh.SERIALIZER) == ("localhost", "localhost", "serpent")


@pytest.mark.parametrize("item", dataclasses.fields(Config), ids=lambda item: item.name)
def test_every_item_has_a_sentence_on_what_it_does(item: dataclasses.Field) -> None:
    assert item.metadata["doc"]


@pytest.mark.parametrize("name", OWN)
def test_our_own_items_are_switches_or_limits_and_deadlines(name: str) -> None:
    value = getattr(Config(), name)
    assert isinstance(value, bool) or value > 0


def test_items_can_be_given_when_a_config_is_made() -> None:
    own = Config(SERIALIZER="json", COMMTIMEOUT=None)
    assert (own.SERIALIZER, own.COMMTIMEOUT, own.HOST) == ("json", None, "localhost")


def test_a_config_cannot_be_made_with_an_unknown_item() -> None:
    with pytest.raises(TypeError, match="NO_SUCH_ITEM"):
        Config(NO_SUCH_ITEM=1)  # type: ignore[call-arg]  # this is what is tested


def test_an_unknown_item_cannot_be_assigned() -> None:
    with pytest.raises(AttributeError, match="NO_SUCH_ITEM"):
        Config().NO_SUCH_ITEM = 1  # type: ignore[attr-defined]  # this is what is tested


def test_an_unknown_item_cannot_be_read() -> None:
    with pytest.raises(AttributeError, match="NO_SUCH_ITEM"):
        _ = Config().NO_SUCH_ITEM  # type: ignore[attr-defined]  # this is what is tested


# --- configs of one's own ------------------------------------------------------------------------------------------


def test_configs_are_independent() -> None:
    one, other = Config(), Config()
    one.COMPRESSION = True
    one.BROADCAST_ADDRS.append("10.0.0.255")
    assert other.as_dict() == Config().as_dict()


def test_a_copy_has_the_same_items_and_is_independent() -> None:
    original = Config(NS_PORT=5555)
    duplicate = original.copy()
    assert duplicate.as_dict() == original.as_dict()
    duplicate.NS_PORT = 6666
    duplicate.BROADCAST_ADDRS.append("10.0.0.255")
    assert original.as_dict() == Config(NS_PORT=5555).as_dict()


def test_a_config_is_equal_to_itself_only() -> None:
    own = Config()
    assert own == own
    assert own != own.copy()


def test_as_dict_has_all_items_by_name() -> None:
    assert Config(NS_PORT=5555).as_dict() == {**Config().as_dict(), "NS_PORT": 5555}
    assert set(Config().as_dict()) == {*DOCUMENTED, *OWN}


def test_as_dict_is_independent_of_the_config() -> None:
    own = Config()
    own.as_dict()["BROADCAST_ADDRS"].append("10.0.0.255")
    assert own.as_dict() == Config().as_dict()


def test_a_repr_has_all_items_but_no_password() -> None:
    shown = repr(Config(NS_PORT=5555, SSL_SERVERKEYPASSWD="open sesame", SSL_CLIENTKEYPASSWD="open too"))
    assert shown.startswith("Config(HOST='localhost', ")
    assert ", NS_PORT=5555, " in shown
    assert "open" not in shown
    assert shown.count("PASSWD='(hidden)'") == 2


def test_the_slots_of_a_config_are_its_items() -> None:
    assert set(Config.__slots__) == set(Config().as_dict())


def test_a_config_survives_pickling() -> None:
    original = Config(NS_PORT=5555, BROADCAST_ADDRS=["10.0.0.255"])
    assert pickle.loads(pickle.dumps(original)).as_dict() == original.as_dict()


@pytest.mark.parametrize("name", ["SSL_SERVERKEYPASSWD", "SSL_CLIENTKEYPASSWD"])
def test_a_password_is_shown_to_nobody(name: str) -> None:
    own = Config()
    setattr(own, name, "open sesame")
    assert own.as_dict()[name] == "open sesame"
    assert own.shown() == {**own.as_dict(), name: "(hidden)"}
    assert f"{name} = (hidden)" in own.dump().splitlines()
    assert "open sesame" not in own.dump()


# --- the environment -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["1", "yes", "on", "true", "YES", "On", "tRuE"])
def test_words_that_mean_true(text: str) -> None:
    assert from_environment(PYRO_COMPRESSION=text).COMPRESSION is True


@pytest.mark.parametrize("text", ["0", "no", "off", "false", "NO", "Off", "fAlSe"])
def test_words_that_mean_false(text: str) -> None:
    assert from_environment(PYRO_SOCK_REUSE=text).SOCK_REUSE is False


def test_a_number_is_converted_to_the_type_of_its_item() -> None:
    found = from_environment(PYRO_NS_PORT="5555", PYRO_COMMTIMEOUT="2")
    assert (found.NS_PORT, found.COMMTIMEOUT) == (5555, 2.0)
    assert type(found.COMMTIMEOUT) is float


def test_a_list_is_divided_at_commas_and_stripped() -> None:
    assert from_environment(PYRO_BROADCAST_ADDRS=" 10.0.0.255, 10.0.1.255 ").BROADCAST_ADDRS == [
        "10.0.0.255",
        "10.0.1.255",
    ]


@pytest.mark.parametrize("name", ["NATHOST", "NS_BCHOST"])
def test_an_item_whose_default_is_none_is_taken_as_text(name: str) -> None:
    assert getattr(from_environment(**{f"PYRO_{name}": "10.0.0.1"}), name) == "10.0.0.1"


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("PYRO_COMPRESSION", "maybe"),
        ("PYRO_COMPRESSION", ""),
        ("PYRO_NS_PORT", "9090.0"),
        ("PYRO_NS_PORT", "many"),
        ("PYRO_COMMTIMEOUT", "soon"),
        ("PYROSTACK_MAX_DEPTH", "deep"),
    ],
)
def test_a_text_of_the_wrong_type_is_a_value_error_that_names_the_variable(variable: str, text: str) -> None:
    with pytest.raises(ValueError, match=f"{variable}='{text}'"):
        from_environment(**{variable: text})


def test_variables_without_the_prefix_are_ignored() -> None:
    assert from_environment(NS_PORT="5555", pyro_NS_PORT="5555", MYPYRO_NS_PORT="5555").NS_PORT == 9090


@pytest.mark.parametrize("name", OWN)
def test_our_own_items_have_a_prefix_that_released_pyro_does_not_stumble_over(name: str) -> None:
    text, value = ("off", False) if isinstance(getattr(Config(), name), bool) else ("77", 77)
    assert getattr(from_environment(**{f"PYROSTACK_{name}": text}), name) == value


@pytest.mark.parametrize("prefix", ["PYRO", "PYROSTACK"])
def test_an_item_that_only_the_manual_has_may_be_set_with_either_prefix(prefix: str) -> None:
    assert from_environment(**{f"{prefix}_ONEWAY_THREADED": "off"}).ONEWAY_THREADED is False


@pytest.mark.parametrize(
    ("variable", "nearest"),
    [
        ("PYRO_SERIALISER", "PYRO_SERIALIZER"),
        ("PYRO_NSPORT", "PYRO_NS_PORT"),
        ("PYRO_MAX_DEPTH", "PYROSTACK_MAX_DEPTH"),
        ("PYROSTACK_SERIALIZER", "PYRO_SERIALIZER"),
        ("PYRO_compression", "PYRO_COMPRESSION"),
    ],
)
def test_an_unknown_variable_warns_and_suggests_the_nearest_name(variable: str, nearest: str) -> None:
    with pytest.warns(UserWarning, match=rf"{variable} names no configuration item; did you mean {nearest}\?"):
        found = from_environment(**{variable: "1"})
    assert found.as_dict() == Config().as_dict()


def test_an_unknown_variable_that_is_like_no_other_warns_without_a_suggestion() -> None:
    with pytest.warns(UserWarning, match="PYRO_XYZZY names no configuration item$"):
        from_environment(PYRO_XYZZY="1")


def test_the_unknown_variables_of_an_environment_can_be_asked_for() -> None:
    environment = {"PYRO_SERIALISER": "json", "PYRO_NS_PORT": "1", "PYROSTACK_XYZZY": "1", "PATH": "/bin"}
    assert unknown_variables(environment) == {
        "PYROSTACK_XYZZY": "environment variable PYROSTACK_XYZZY names no configuration item",
        "PYRO_SERIALISER": "environment variable PYRO_SERIALISER names no configuration item; "
        "did you mean PYRO_SERIALIZER?",
    }


# --- reset ---------------------------------------------------------------------------------------------------------


def test_reset_takes_defaults_and_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYRO_NS_PORT", "5555")
    own = Config(NS_PORT=1, SERIALIZER="json")
    own.reset()
    assert (own.NS_PORT, own.SERIALIZER) == (5555, "serpent")


def test_reset_without_the_environment_takes_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYRO_NS_PORT", "5555")
    own = Config(NS_PORT=1, SERIALIZER="json")
    own.reset(use_environment=False)
    assert own.as_dict() == Config().as_dict()


def test_reset_warns_of_an_unknown_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYRO_SERIALISER", "json")
    with pytest.warns(UserWarning, match="did you mean PYRO_SERIALIZER"):
        Config().reset()


def test_a_reset_that_fails_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYRO_NS_PORT", "many")
    own = Config(NS_PORT=1)
    with pytest.raises(ValueError, match="PYRO_NS_PORT"):
        own.reset()
    assert own.NS_PORT == 1


# --- the config of the process -------------------------------------------------------------------------------------


def imported_with(variables: dict[str, str], expression: str) -> str:
    """What an expression gives in a process that has these variables."""
    program = f"from pyro_uri import URI; from pyro_wire import config; print({expression})"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **variables}
    command = [sys.executable, "-c", program]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=60).stdout


def test_the_process_has_a_config_of_its_own() -> None:
    assert isinstance(config, Config)


def test_the_config_of_the_process_is_read_from_the_environment_on_import() -> None:
    variables = {"PYRO_SERIALIZER": "json", "PYRO_LOGLEVEL": "DEBUG", "PYRO_LOGFILE": "{stderr}"}
    assert imported_with(variables, "config.SERIALIZER, config.LOGLEVEL, config.LOGFILE") == "json DEBUG {stderr}\n"


def test_the_config_of_the_process_says_where_uris_without_a_port_lead() -> None:
    assert imported_with({"PYRO_NS_PORT": "5555"}, 'URI("PYRONAME:name@host").port') == "5555\n"


# --- dump ----------------------------------------------------------------------------------------------------------


def test_dump_tells_the_versions_and_where_the_library_is() -> None:
    lines = Config().dump().splitlines()
    assert [line.partition(":")[0] for line in lines[:4]] == [
        "pyro-wire version",
        "location",
        "python",
        "protocol version",
    ]
    assert lines[3] == "protocol version: 502"


def test_dump_shows_all_items_sorted_by_name() -> None:
    shown = Config(NS_PORT=5555).dump().splitlines()[4:]
    assert shown == [f"{name} = {value}" for name, value in sorted(Config(NS_PORT=5555).as_dict().items())]
    assert "LOGLEVEL = " in shown
