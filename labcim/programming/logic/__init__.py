"""Logic and learning with the lines of an array: sequences of line states, and what they mean.

All functions are pure: they return lists of `LineState` for `Lines.apply`, and take what it
answers. Bits are conductance: 1 is the high conductance, 0 the low one.
"""
