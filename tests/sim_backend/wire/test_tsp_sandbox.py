"""Scripts from outside cannot leave the sandbox, fill the memory or run for ever."""

import pytest

from labcim.sim_backend.wire.tsp_sandbox import SOURCE_LIMIT, Sandbox, ScriptError


@pytest.fixture(scope="module")
def shared() -> Sandbox:
    box = Sandbox(budget=1_000_000)
    box.declare("call", "device.act", lambda *given: len(given))
    box.declare("get", "device.state", lambda: 1)
    return box


@pytest.mark.parametrize(
    "name",
    [
        "os", "io", "debug", "require", "package", "module", "load", "loadstring", "loadfile",
        "dofile", "getfenv", "setfenv", "newproxy", "python", "eval", "string.dump",
    ],
)  # fmt: skip
def test_what_reaches_out_of_the_sandbox_is_not_there(shared: Sandbox, name: str) -> None:
    assert shared.run(f"print({name})") == "nil"


ESCAPES = {
    "metatable of strings": "return getmetatable('').__index",
    "metatable of a function": "return getmetatable(device.act).__gc",
    "rawset into the tree": "rawset(device, 'act', print)",
    "insertion into the tree": "table.insert(device, 1)",
    "new metatable for the tree": "setmetatable(device, {})",
    "attribute of a function": "return device.act.__globals__",
    "attribute of an attribute": "return device.state.__class__",
    "assignment to a function": "device.act = nil",
    "a coroutine's environment": "return coroutine.create(print).__globals__",
}


@pytest.mark.parametrize("how", ESCAPES)
def test_no_way_leads_to_python_or_to_the_sandbox_itself(shared: Sandbox, how: str) -> None:
    with pytest.raises(ScriptError) as trouble:
        shared.run(ESCAPES[how])
    assert trouble.value.kind == "runtime"


def test_every_global_is_plain_lua_or_of_the_instrument(shared: Sandbox) -> None:
    known = {
        "_G", "_VERSION", "assert", "collectgarbage", "coroutine", "device", "error", "exit",
        "gcinfo", "getmetatable", "ipairs", "makegetter", "makesetter", "math", "next", "pairs",
        "pcall", "print", "rawequal", "rawget", "rawset", "run", "select", "setmetatable", "string",
        "table", "tonumber", "tostring", "type", "unpack", "xpcall",
    }  # fmt: skip
    found = Sandbox()
    found.declare("call", "device.act", lambda: None)
    printed = found.run("for name in pairs(_G) do print(name) end") or ""
    assert set(printed.split("\n")) == known


def test_printing_shows_no_address() -> None:
    printed = "table: 00000008\tfunction: 00000010\tthread: 00000018"
    for _ in range(2):
        assert Sandbox().run("print({}, print, coroutine.create(print))") == printed


ENDLESS = {
    "loop": "while true do end",
    "goto by recursion": "local function f() return f() end f()",
    "loop in pcall": "while true do pcall(function() while true do end end) end",
    "pcall in pcall": "while true do pcall(pcall, pcall, function() while true do end end) end",
    "handler of xpcall": "xpcall(error, function() while true do end end)",
    "killed into a handler": (
        "local function f() while true do end end while true do xpcall(f, f) end"
    ),
    "coroutine": "coroutine.wrap(function() while true do end end)()",
    "coroutines one after the other": (
        "while true do coroutine.resume(coroutine.create(function() while true do end end)) end"
    ),
    "coroutine that yields": (
        "local f = coroutine.wrap(function() while true do coroutine.yield() end end) "
        "while true do f() end"
    ),
    "comparison in sort": "table.sort({3, 2, 1}, function() while true do end end)",
    "replacement in gsub": "('x'):gsub('x', function() while true do end end)",
    "metamethod": (
        "local t = setmetatable({}, {__index = function() while true do end end}) print(t.x)"
    ),
    "text conversion": "print(setmetatable({}, {__tostring = function() while true do end end}))",
    "slow patterns": "while true do pcall(string.find, ('a'):rep(300), '.-.-.-b') end",
    "long strings": "while true do local s = ('x'):rep(1e6) end",
    "inserting in front": (
        "local t = {} for i = 1, 1e5 do t[i] = i end while true do table.insert(t, 1, 0) end"
    ),
    "calls of the instrument": "while true do device.act() end",
}


@pytest.mark.parametrize("how", ENDLESS)
def test_an_endless_script_is_stopped(shared: Sandbox, how: str) -> None:
    with pytest.raises(ScriptError, match=r"budget is used up|time is used up") as trouble:
        shared.run(ENDLESS[how])
    assert trouble.value.kind == "killed"
    assert shared.run("print(1)") == "1.00000e+00"


def test_a_script_of_long_copies_is_stopped_by_the_clock() -> None:
    box = Sandbox(seconds=0.1)
    with pytest.raises(ScriptError, match="time is used up"):
        box.run("local s = ('x'):rep(1e6) while true do local t = s .. 'y' end")


def test_a_stop_is_heard_between_long_library_calls() -> None:
    box = Sandbox(seconds=5.0)
    box.declare("call", "stop", box.stop)
    with pytest.raises(ScriptError, match="aborted by device clear"):
        box.run("stop() local s = ('1'):rep(2^20) while true do tonumber(s) end")


BOUNDED = {
    "string.rep": "('x'):rep(1e9)",
    "string.rep of nothing": "(''):rep(1e18)",
    "catastrophic pattern": "string.find(('a'):rep(30000), ('.-'):rep(20) .. 'b')",
    "pattern with a long set": ("string.find(('a'):rep(11000), '[' .. ('b'):rep(240) .. 'a]*c')"),
    "deep pattern": "string.find('a', ('a?'):rep(50000))",
    "wide format": "string.format('%99999d', 1)",
    "unpack": "print(unpack({}, 1, 1e8))",
    "recursion": "local function f() return 1 + f() end f()",
    "recursion through coroutines": "function f() return coroutine.wrap(f)() end f()",
    "recursion through gsub": "function f() return ('a'):gsub('a', f) end f()",
    "recursion through metamethods": (
        "local t = setmetatable({}, {__index = function(t, k) return t[k + 1] end}) print(t[1])"
    ),
    "output": "local s = ('x'):rep(1e6) while true do print(s) end",
}


@pytest.mark.parametrize("how", BOUNDED)
def test_a_library_function_is_refused_what_would_take_too_much(shared: Sandbox, how: str) -> None:
    with pytest.raises(ScriptError) as trouble:
        shared.run(BOUNDED[how])
    assert trouble.value.kind == "runtime"


@pytest.mark.parametrize(
    "source",
    [
        "s = 'x' while true do s = s .. s end",
        "t = {} for i = 1, 1e9 do t[i] = {i} end",
        "t = {} for i = 1, 1e9 do t[i] = coroutine.create(print) end",
    ],
)
def test_memory_is_capped_and_free_again_afterwards(source: str) -> None:
    box = Sandbox(memory=8 * 2**20)
    with pytest.raises(ScriptError, match="not enough memory"):
        box.run(source)
    assert box.run("print(#('x'):rep(1e6))") == "1.00000e+06"


def test_no_script_takes_the_instruments_names_from_the_next() -> None:
    box = Sandbox()
    box.declare("call", "device.act", lambda: "acted")
    box.run("device = nil print = nil rawset(_G, 'pcall', 5)")
    assert box.run("print(device.act(), type(pcall))") == "acted\tfunction"


def test_a_compiled_chunk_and_a_huge_one_are_refused(shared: Sandbox) -> None:
    for source in ("\x1bLua\x51", " " * (SOURCE_LIMIT + 1)):
        with pytest.raises(ScriptError):
            shared.run(source)


@pytest.mark.parametrize(
    ("source", "printed"),
    [
        ("for w in ('1101;1203'):gmatch('[^;]+') do print(w) end", "1101\n1203"),
        ("print((' x '):match('^%s*(.-)%s*$'))", "x"),
        ("print((('a,b'):gsub(',', ';')))", "a;b"),
        ("print(('abc'):find('c', 1, true))", "3.00000e+00\t3.00000e+00"),
        ("print(pcall(error, 'no'))", "false\tno"),
        ("print(xpcall(error, function(e) return 'caught' end))", "false\tcaught"),
        (
            "local f = coroutine.wrap(function(a) local b = coroutine.yield(a) return b end) "
            "print(f('in'), f('out'))",
            "in\tout",
        ),
        ("local t = {3, 1, 2} table.sort(t) print(table.concat(t, ' '))", "1 2 3"),
        ("print(string.format('%.3g V', 0.125))", "0.125 V"),
    ],
)
def test_ordinary_lua_works_as_always(shared: Sandbox, source: str, printed: str) -> None:
    assert shared.run(source) == printed
