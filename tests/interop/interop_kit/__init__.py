"""What the interoperability tests are made of.

- `library`, `ours`, `released`: the two libraries, with the same names on both sides;
- `service`, `server`: the objects that are called, and the program that serves them with either library;
- `steps`, `client`: what a client does, and the program that does it with either library;
- `processes`: starting and ending these programs;
- `routes`: who calls whom with which serializer, and what the released library cannot do.

A process loads one library only: both register their types with the serpent module, and would help each other.
"""
