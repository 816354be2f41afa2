"""Let every test import what is shared, as in ``from conversation import conversation``."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
