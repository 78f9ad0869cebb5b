"""Makes the entries importable: the importlib mode of pytest makes no folder so."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
