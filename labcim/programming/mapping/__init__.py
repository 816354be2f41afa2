"""How a matrix of weights becomes conductances of cells, and currents become products again."""
