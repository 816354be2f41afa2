"""What was done costs: energy, time and area, from published constants, assumptions printed."""
