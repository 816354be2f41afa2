"""How bytes become commands: message core, dialects, roads."""
