"""The crossbar as a map, and its picked cells."""
