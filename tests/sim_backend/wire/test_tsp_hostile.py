"""Whatever comes as a script: it ends, the instrument answers as before, and nothing gets out."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labcim.sim_backend.wire.tsp import TspInstrument, call, getter, number, setter
from labcim.sim_backend.wire.tsp_tree import indexed, listed, maker, part


class Bag:
    """An object that scripts can have."""

    def __init__(self) -> None:
        self.secret = "do not tell"


class Target(TspInstrument):
    """Everything a tree can have: attributes, calls, lists, objects with parts."""

    identity = "LABCIM,MODEL TARGET,1,1.0"

    def __init__(self) -> None:
        self.level = 0.0
        self.worked = 0
        super().__init__()

    @getter("unit.level")
    def get_level(self) -> float:
        return self.level

    @setter("unit.level")
    def set_level(self, value: object) -> None:
        self.level = number(value, -10.0, 10.0)

    @call("unit.list")
    def take_list(self, values: object) -> int:
        return len(listed(values))

    @call("unit.work")
    def work(self, amount: object) -> None:
        for _ in range(int(number(amount, 0, 1e9))):
            self.labour()
            self.worked += 1

    @maker("unit.bag", "bag")
    def make_bag(self) -> Bag:
        return Bag()

    @part("bag:inner", "bag")
    def inner(self, _bag: Bag) -> Bag:
        return Bag()

    @call("bag:same")
    def same(self, bag: Bag, other: object) -> bool:
        return bag is other

    @indexed("bag")
    def item(self, _bag: Bag, place: object) -> float:
        return number(place, 1, 10)


def say(target: TspInstrument, message: str) -> str:
    answer = target.execute(message.encode("latin-1", "replace"))
    return "" if answer is None else answer.decode("latin-1")


def errors(target: TspInstrument) -> list[tuple[int, str]]:
    return target.errors.pop_all()


def answers_as_before(target: Target) -> None:
    target.errors.clear()
    say(target, "endscript")
    target.errors.clear()
    assert say(target, "*IDN?") == "LABCIM,MODEL TARGET,1,1.0"
    say(target, "unit.level = 2 format.asciiprecision = 6")
    assert say(target, "print(unit.level, type(pcall), string.rep('a', 3))") == (
        "2.00000e+00\tfunction\taaa"
    )
    assert say(target, "b = unit.bag() print(b.same(b), b[3], b.inner.same(b))") == (
        "true\t3.00000e+00\tfalse"
    )
    assert errors(target) == []


@pytest.fixture(scope="module")
def target() -> Target:
    return Target()


HOSTILE = {
    "swallows its kill": (
        "local function f() while true do pcall(error) end end "
        "while true do pcall(f) xpcall(f, f) end"
    ),
    "coroutine swallows its kill": (
        "local co co = coroutine.create(function() while true do "
        "pcall(function() while true do end end) coroutine.yield() end end) "
        "while true do coroutine.resume(co) end"
    ),
    "coroutines in coroutines": (
        "local function f() local co = coroutine.wrap(f) while true do pcall(co) end end f()"
    ),
    "catches with error objects": (
        "local m = {__tostring = function(s) while true do tostring(s) end end} "
        "local loop = setmetatable({}, m) "
        "while true do pcall(error, loop) tostring(loop) end"
    ),
    "an error object that loops": (
        "error(setmetatable({}, {__tostring = function() while true do end end}))"
    ),
    "an index that loops": (
        "local t = setmetatable({}, {}) getmetatable(t).__index = function(s, k) return s[k] end "
        "print(t.x)"
    ),
    "index chains": (
        "local t = {} for i = 1, 200 do t = setmetatable({}, {__index = t, __newindex = t}) end "
        "while true do t.x = t.y end"
    ),
    "a comparison that never ends": (
        "local m = {__lt = function() while true do end end} "
        "print(setmetatable({}, m) < setmetatable({}, m))"
    ),
    "a concatenation that never ends": (
        "print(setmetatable({}, {__concat = function() while true do end end}) .. 'x')"
    ),
    "a call that never ends": "setmetatable({}, {__call = function(s) return s() end})()",
    "a global table that loops": (
        "setmetatable(_G, {__index = function(t, k) return t[k .. 'x'] end}) print(nosuch)"
    ),
    "a global table that takes nothing": (
        "setmetatable(_G, {__newindex = function() while true do end end}) newname = 1"
    ),
    "libraries bent": (
        "string.rep = nil string.format = error table.concat = nil math = nil pcall = print "
        "for k in pairs(string) do string[k] = nil end"
    ),
    "the tree bent": (
        "unit = nil rawset(_G, 'errorqueue', {}) format = 5 pcall(rawset, unit, 'level', 3)"
    ),
    "functions of the tree bent by what is told of them": (
        "local mt = getmetatable(unit) for k in pairs(mt) do mt[k] = nil end "
        "mt = getmetatable(_G) if mt then mt.__index = error end"
    ),
    "string metatable": "local mt = getmetatable('') if mt then mt.__index = error end",
    "widths": "for i = 1, 1e6 do pcall(string.format, '%' .. i .. 'd', 1) end",
    "precision": "print(string.format('%.99f', 1e308))",
    "quoted": "while true do string.format('%q', ('\\0'):rep(1e5)) end",
    "balanced": "while true do pcall(string.find, ('('):rep(1e4), '%b()%b()%b()') end",
    "frontier": "while true do pcall(string.gsub, ('a'):rep(1e4), '%f[a]a-b', '') end",
    "captures": (
        "pcall(string.find, 'a', ('('):rep(300)) while true do ('a'):gsub('()', '%1%1') end"
    ),
    "gmatch": "for w in ('a'):rep(1e6):gmatch('.') do for v in w:gmatch('') do end end",
    "upper": "local s = ('a'):rep(1e6) while true do s = s:upper():lower():reverse() end",
    "bytes": "while true do pcall(string.byte, ('a'):rep(1e6), 1, 1e6) end",
    "characters": "while true do pcall(string.char, unpack({}, 1, 7000)) end",
    "concatenation": (
        "local t = {} for i = 1, 1e5 do t[i] = ('x'):rep(100) end while true do table.concat(t) end"
    ),
    "long lists to the instrument": (
        "local t = {} for i = 1, 1e5 do t[i] = i end while true do unit.list(t) end"
    ),
    "too long a list": "local t = {} for i = 1, 200001 do t[i] = i end unit.list(t)",
    "work": "while true do unit.work(1e9) end",
    "work in pcall": "while true do pcall(unit.work, 1e9) end",
    "work in a coroutine": "while true do coroutine.wrap(function() unit.work(1e9) end)() end",
    "objects": "local t = {} for i = 1, 1e7 do t[i] = unit.bag() end",
    "parts": "local b = unit.bag() while true do b = b.inner end",
    "scripts": "for i = 1, 1e5 do script.new('x = 1', 's' .. i) end",
    "scripts that make scripts": (
        "script.new('script.new(again.source, \"again\") again()', 'again') again()"
    ),
    "errors": "while true do unit.level = 'x' end",
    "prints": "while true do print(('x'):rep(1e5)) end",
    "names": "for i = 1, 1e7 do _G['n' .. i] = i end",
    "numbers of arguments": (
        "print(unpack({}, 1, 7999)) while true do unit.list(unpack({}, 1, 7999)) end"
    ),
    "exit": "pcall(exit) while true do end",
    "exit in a coroutine": "coroutine.wrap(exit)() while true do end",
    "no code": "return string.dump(print)",
    "code": "loadstring('while true do end')()",
}  # fmt: skip


@pytest.mark.parametrize("how", HOSTILE)
def test_after_a_hostile_script_the_instrument_answers_as_before(target, how):
    printed = say(target, HOSTILE[how])
    assert not re.search("do not tell|<.*object|Traceback|lupa", printed)
    answers_as_before(target)


def test_the_instrument_does_no_more_than_its_share_for_one_script(target):
    target.worked = 0
    say(target, "while true do pcall(unit.work, 1e9) end")
    assert target.worked <= 1_000_000
    assert "too much was asked" in errors(target)[0][1]


def test_a_device_clear_ends_work_of_the_instrument_itself(target):
    class Clearing(Target):
        def labour(self, amount: int = 1) -> None:
            super().labour(amount)
            if self.worked == 100:
                self.abort()

    clearing = Clearing()
    say(clearing, "while true do pcall(unit.work, 1e9) end")
    assert clearing.worked == 101
    assert "device clear" in errors(clearing)[0][1]


def test_no_object_of_a_script_leads_to_python(target):
    probes = (
        "b.secret", "b.__class__", "b.inner.__dict__", "getmetatable(b).__index",
        "getmetatable(b).Objects.secret", "unit.bag.__globals__", "unit.__init__", "b[{}]",
    )  # fmt: skip
    for probe in probes:
        printed = say(target, f"b = unit.bag() print({probe})")
        assert printed in ("nil", ""), probe
    answers_as_before(target)


# --- anything at all ---

WORDS = st.sampled_from(
    "while true do end if then else for i = 1 , 9 function ( ) return local x y nil and or not { } "
    "[ ] . : .. # + - * / ^ % == ~= < > 'a' \"b\" [[ ]] -- unit level bag list work print pcall "
    "error string rep format find gsub '.-' table insert coroutine wrap yield setmetatable "
    "__index __newindex __tostring _G script new run exit errorqueue next clear status condition "
    "enable format data REAL32 printnumber printbuffer delay 1e9 -1 0/0 1/0 loadscript endscript "
    "loadandrunscript *IDN? *RST *TRG *OPC? *SRE reset".split(" ")
)
TEXTS = st.one_of(
    st.lists(WORDS, max_size=40).map(" ".join),
    st.text(st.characters(max_codepoint=255), max_size=120),
    st.lists(WORDS, max_size=25).map(lambda words: f"pcall(function() {' '.join(words)} end)"),
)


@given(st.lists(TEXTS, min_size=1, max_size=3))
@settings(
    max_examples=250,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_text_ends_and_leaves_the_instrument_as_it_was(target, messages):
    for message in messages:
        printed = say(target, message)
        assert not re.search("do not tell|<.*object at|Traceback", printed)
    answers_as_before(target)
