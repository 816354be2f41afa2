"""A bench with nothing but a Lake Shore 336 under its chip; for tests of its words."""

from contextlib import ExitStack, contextmanager

from labcim.sim_backend.bench import SimulatedBench

CHIP = """
[chip]
preset = "neurram-130nm"
rows = 4
columns = 4
formed = true

[[instrument]]
name = "chuck"
model = "lakeshore336"
address = "GPIB0::12::INSTR"
options = {{ {options} }}
"""


class Chuck:
    """Says messages as a session does and returns the replies, line ends and all."""

    def __init__(self, bench):
        self.bench = bench
        self.chuck = bench.simulated["chuck"]
        self.core = bench.instruments["GPIB0::12::INSTR"]

    def __call__(self, message):
        self.core.feed(message.encode(), True)
        reply = b""
        while self.core.has_reply:
            reply += self.core.read(4096)[0]
        return reply.decode()


@contextmanager
def chucks(folder):
    """Give what makes a bench by the options of its controller; all are closed in the end."""
    made = []
    with ExitStack() as opened:

        def make(options):
            path = folder / f"chip{len(made)}.toml"
            path.write_text(CHIP.format(options=options))
            made.append(Chuck(opened.enter_context(SimulatedBench(path))))
            return made[-1]

        yield make
