"""What stands around the array: converters, amplifiers, input coding, feedback loops, charge.

Pure numerics on arrays. Nothing here knows a chip, a wire or a protocol: numbers that come from an
array's currents go in, and what the periphery makes of them comes out.
"""
