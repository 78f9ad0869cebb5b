"""Finds robot arms by their name and by their tags, without knowing where they run."""

from pyro_client import Proxy, errors, locate_ns


def main() -> None:
    """Ask the name server in the ways there are."""
    with Proxy("PYRONAME:arm.left") as arm:
        print("by name:", arm.describe())
    with Proxy("PYROMETA:robot-arm,heavy") as arm:
        print("one that is heavy:", arm.describe())
    with locate_ns() as names:
        for name, uri in sorted(names.list(prefix="arm.").items()):
            with Proxy(uri) as arm:
                print(f"in the list as {name}:", arm.describe())
        for name, (_, tags) in sorted(names.yplookup(meta_any={"light", "heavy"}).items()):
            print(f"{name} has the tags {', '.join(sorted(tags))}")
    try:
        with Proxy("PYRONAME:arm.third") as arm:
            arm.describe()
    except errors.NamingError as error:
        print("no such arm:", error)


if __name__ == "__main__":
    main()
