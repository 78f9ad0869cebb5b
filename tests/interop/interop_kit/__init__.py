"""What the interoperability tests are made of.

- `library`, `ours`, `released`: the two libraries, with the same names on both sides;
- `service`, `hosting`, `memory`: the objects that are called;
- `server`, `nameserver`, `combined`: the programs that serve them with either library;
- `door`, `tls`: socket pairs between two processes, and TLS on them;
- `steps`, `client`: what a client does, and the program that does it with either library;
- `processes`: starting and ending these programs;
- `routes`: who calls whom with which serializer, and what the released library cannot do.

A process loads one library only: both register their types with the serpent module, and would help each other.
"""
