"""Let the tests here import what they share, as in ``from random_networks import networks``."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
