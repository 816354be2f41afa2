-- The room in which TSP scripts run: plain Lua 5.1 less everything that reaches out of it.
--
-- Called once for each runtime with the host function, the limits and the chunk of tsp_tree.lua; it
-- returns its functions to the host and leaves the runtime's own globals empty. Scripts see `env`
-- only. What a script may use up is counted in steps: one for each virtual machine instruction, and
-- for library functions written in C, which no hook interrupts, a charge in advance for their worst
-- case. Processor time is limited besides; what the instrument itself takes for a call is not counted.

local host, budget, seconds, build_tree = ...
local SLICE = 500 -- steps between two looks at the budget
local POLL, SOON = 20, 0.02 -- looks, and s of processor time, between two at the host
local LONGEST_STRING, LONGEST_PATTERN, WORST_MATCH = 2 ^ 20, 256, 2 ^ 27
local DEEPEST, MOST_OUTPUT = 16, 2 ^ 22

local clock, sethook, setfenv, loadstring = os.clock, debug.sethook, setfenv, loadstring
local rawpcall, error, type, tonumber, select = pcall, error, type, tonumber, select
local setmetatable, getmetatable, rawtostring, pairs = setmetatable, getmetatable, tostring, pairs
local forcemetatable, rawset, rawget = debug.setmetatable, rawset, rawget
local next, ipairs, assert, rawequal = next, ipairs, assert, rawequal
local rawcreate, rawresume = coroutine.create, coroutine.resume
local rep, find, match, gmatch = string.rep, string.find, string.match, string.gmatch
local gsub, format, sub = string.gsub, string.format, string.sub
local concat, insert, remove, sort, getn = table.concat, table.insert, table.remove, table.sort, table.getn
local maxn, unpack, log, min = table.maxn, unpack, math.log, math.min
local max = math.max

local left, deadline, looks, next_poll, depth = 0, 0, 0, 0, 0
local killed -- why the running script must end; no handler of its own can clear it
local lines, printed, number_format = {}, 0, "%.5e"

local function kill(reason)
  killed = killed or reason
  error(killed, 0)
end

local function spend(cost)
  if killed then error(killed, 0) end
  left = left - cost
  if left < 0 then kill("instruction budget is used up") end
end

local called = 0 -- when the instrument was called

local function answered(alive, ...)
  deadline = deadline + (clock() - called)
  if not alive then kill("stopped by the instrument") end
  return ...
end

local function ask(...)
  spend(50)
  called = clock()
  return answered(host(...))
end

local function watch()
  spend(SLICE)
  local now = clock()
  if now > deadline then kill("time is used up") end
  looks = looks + 1
  if looks < POLL and now < next_poll then return end
  looks, next_poll = 0, now + SOON
  if host(0) then kill("aborted by device clear") end
end

-- Calls that catch errors. A kill is an error too, so each of them passes it on.

local function after(...)
  if killed then error(killed, 0) end
  return ...
end

local function safe_pcall(f, ...) return after(rawpcall(f, ...)) end

local function handled(handler, ok, ...)
  if killed then error(killed, 0) end
  if ok then return true, ... end
  -- Run only now: inside the virtual machine's own handler hooks are off, and it could loop for ever.
  return false, handler(...)
end

local function safe_xpcall(f, handler) return handled(handler, rawpcall(f)) end

local function deeper()
  if depth >= DEEPEST then error("stack overflow", 0) end
  depth = depth + 1
end

local function shallower(...)
  depth = depth - 1
  if killed then error(killed, 0) end
  return ...
end

local function create(f)
  local co = rawcreate(f)
  sethook(co, watch, "", SLICE) -- a coroutine starts without the hook of its creator
  return co
end

local function resume(co, ...)
  deeper()
  return shallower(rawresume(co, ...))
end

local function unwrapped(ok, ...)
  if not ok then error((...), 0) end
  return ...
end

local function wrap(f)
  local co = create(f)
  return function(...) return unwrapped(resume(co, ...)) end
end

-- Strings

local function text_of(value, place)
  local kind = type(value)
  if kind == "number" then return rawtostring(value) end
  if kind ~= "string" then error("bad argument #" .. place .. " (string expected, got " .. kind .. ")", 0) end
  return value
end

local function charge_match(s, p, extra)
  if #p > LONGEST_PATTERN then error("pattern is too long", 0) end
  local _, loops = gsub(p, "[*+%-?]", "")
  local _, scans = gsub(p, "%%[bf%d]", "")
  local anchored = sub(p, 1, 1) == "^" and 1 or 0
  -- Each repeated item may try every length, at every start: the bound of a backtracking matcher.
  local set = find(p, "[", 1, true) or #p
  local slow = max(1, (#p - set) / 8) -- each character is compared with all of a set
  local worst = slow * (#s + 1) ^ (loops + scans + 1 - anchored)
  if worst > WORST_MATCH then error("pattern is too complex for a text of this length", 0) end
  spend((worst + (extra or 0)) / 64 + 1)
end

local strings = {}
for name, f in pairs(string) do strings[name] = f end
strings.dump = nil
strings.gfind = nil

function strings.rep(s, n)
  s, n = text_of(s, 1), tonumber(n) or 0
  if not (n <= LONGEST_STRING and #s * n <= LONGEST_STRING) then error("resulting string is too long", 0) end
  spend(#s * n / 64 + n / 4)
  return rep(s, n)
end

function strings.find(s, p, init, plain)
  s, p = text_of(s, 1), text_of(p, 2)
  if plain then spend(#s * #p / 64) else charge_match(s, p) end
  return find(s, p, init, plain)
end

function strings.match(s, p, init)
  s, p = text_of(s, 1), text_of(p, 2)
  charge_match(s, p)
  return match(s, p, init)
end

function strings.gmatch(s, p)
  s, p = text_of(s, 1), text_of(p, 2)
  charge_match(s, p)
  return gmatch(s, p)
end

function strings.gsub(s, p, replacement, n)
  s, p = text_of(s, 1), text_of(p, 2)
  charge_match(s, p, type(replacement) == "string" and #s * #replacement or 0)
  deeper() -- its buffer lies on the C stack, and the replacement may be a function that comes back
  local ok, result, count = shallower(rawpcall(gsub, s, p, replacement, n))
  if not ok then error(result, 0) end
  return result, count
end

for _, name in pairs({ "upper", "lower", "reverse" }) do
  local f = string[name]
  strings[name] = function(s)
    s = text_of(s, 1)
    spend(#s / 64)
    return f(s)
  end
end

getmetatable("").__index = strings -- what ("x"):rep(3) finds

-- Tables

local is_face -- whether a table is a place of the instrument's tree, which no script may change

local function no_face(t)
  if is_face(t) then error("the instrument's tables cannot be changed", 0) end
end

local tables = {}
for name, f in pairs(table) do tables[name] = f end

function tables.concat(t, ...)
  spend(#t / 16)
  return concat(t, ...)
end

function tables.insert(t, ...)
  no_face(t)
  if select("#", ...) > 1 then spend(#t / 16) end
  return insert(t, ...)
end

function tables.remove(t, ...)
  no_face(t)
  if select("#", ...) > 0 then spend(#t / 16) end
  return remove(t, ...)
end

function tables.sort(t, ...)
  no_face(t)
  local n = getn(t)
  spend(n * log(n + 2) / 4)
  return sort(t, ...)
end

function tables.maxn(t)
  spend(#t / 4)
  return maxn(t)
end

local function safe_unpack(t, first, last)
  local count = (tonumber(last) or #t) - (tonumber(first) or 1)
  if count > 0 then spend(min(count, 8000) / 4) end
  return unpack(t, first, last)
end

-- Output: numbers as the instrument prints them, in place of addresses numbers in order of appearance

local addresses, last_address = setmetatable({}, { __mode = "k" }), 0

local function address(value, kind)
  if not addresses[value] then
    last_address = last_address + 8
    addresses[value] = format("%s: %08x", kind, last_address)
  end
  return addresses[value]
end

local function tostring(value)
  local kind = type(value)
  if kind == "table" then
    local meta = getmetatable(value)
    local convert = type(meta) == "table" and meta.__tostring
    if convert then return convert(value) end
  end
  if kind == "table" or kind == "function" or kind == "thread" or kind == "userdata" then
    return address(value, kind)
  end
  return rawtostring(value)
end

local function shown(value)
  if type(value) ~= "number" then return text_of(tostring(value), 1) end
  if value ~= value then return "9.91000e+37" end
  if value == 1 / 0 then return "9.90000e+37" end
  if value == -1 / 0 then return "-9.90000e+37" end
  return format(number_format, value)
end

local function emit(line)
  printed = printed + #line + 1
  if printed > MOST_OUTPUT then error("output queue is full", 0) end
  lines[#lines + 1] = line
end

local function print(...)
  local words = {}
  for i = 1, select("#", ...) do words[i] = shown((select(i, ...))) end
  emit(concat(words, "\t"))
end

-- What scripts see

local function copy(library)
  local own = {}
  for name, f in pairs(library) do own[name] = f end
  return own
end

local env = {
  assert = assert, error = error, ipairs = ipairs, next = next, pairs = pairs, rawequal = rawequal,
  rawget = rawget, select = select, setmetatable = setmetatable, tonumber = tonumber,
  tostring = tostring, type = type, unpack = safe_unpack, _VERSION = _VERSION,
  pcall = safe_pcall, xpcall = safe_xpcall, print = print,
  math = copy(math), string = strings, table = tables,
  coroutine = {
    create = create, resume = resume, wrap = wrap, running = coroutine.running,
    status = coroutine.status, yield = coroutine.yield,
  },
}
env._G = env

function env.rawset(t, key, value)
  no_face(t)
  return rawset(t, key, value)
end

function env.exit() kill("exit") end

function env.makegetter(t, name)
  return function() return t[name] end
end

function env.makesetter(t, name)
  return function(value) t[name] = value end
end

env.gcinfo = function() return 0 end
env.collectgarbage = env.gcinfo

local tree = build_tree(env, ask, spend, emit)
is_face = tree.is_face

env.getmetatable = function(value)
  -- Metatables of strings and of the host's functions would be a way out.
  if type(value) ~= "table" then return nil end
  if is_face(value) then return tree.describe(value) end
  return getmetatable(value)
end

function env.run(...) -- the script that was loaded without a name
  local anonymous = env.script.anonymous
  if not anonymous then error("no anonymous script is loaded", 0) end
  return anonymous(...)
end

-- Running

local libraries = { math = env.math, string = strings, table = tables, coroutine = env.coroutine }
local fixed -- the names that every message finds as they are meant to be

local function remember()
  fixed = { { env, copy(env) } }
  for _, library in pairs(libraries) do fixed[#fixed + 1] = { library, copy(library) } end
end

local function restore()
  -- A script may have given `smua` or `string.format` another value; no client should suffer for another.
  if not fixed then remember() end
  for _, pair in ipairs(fixed) do
    local place, names = pair[1], pair[2]
    if getmetatable(place) ~= nil then forcemetatable(place, nil) end
    for name, value in next, names do
      if rawget(place, name) ~= value then rawset(place, name, value) end
    end
  end
end

local function load(source, name)
  local chunk, why = loadstring(source, "=" .. name)
  if chunk then setfenv(chunk, env) end
  return chunk, why
end

local function ended(kind, why)
  local output = #lines > 0 and concat(lines, "\n") or nil
  local sizes = {}
  for i, line in ipairs(lines) do sizes[i] = #line end
  lines = {}
  return kind, why, output, concat(sizes, ",")
end

local function run(source, name)
  restore()
  killed, left, deadline, looks, next_poll, depth = nil, budget, clock() + seconds, 0, 0, 0
  lines, printed = {}, 0
  local chunk, why = load(source, name)
  if not chunk then return ended("syntax", why) end
  sethook(watch, "", SLICE)
  local ok, trouble = rawpcall(chunk)
  sethook()
  if killed == "exit" then return ended() end
  if killed then return ended("killed", killed) end
  if ok then return ended() end
  return ended("runtime", type(trouble) == "string" and trouble or "error object is no text")
end

-- Scripts that stay: a script is an object of the tree whose call runs its chunk.

local chunks = {} -- by name, for the host's scripts

local function compile(source, name)
  local chunk, why = load(source, name)
  if not chunk then return why end
  chunks[name] = chunk
end

function tree.chunk(name) return chunks[name] end

local function is_taken(name) -- by the language or the instrument
  if not fixed then remember() end
  return fixed[1][2][name] ~= nil
end

local function show(name, object) -- make a script's name a global, or take it away
  if object == nil then chunks[name], env[name] = nil, nil
  else env[name] = tree.instantiate("script", object) end
end

local function declare(...)
  fixed = nil
  tree.declare(...)
end

local function set_number_format(text) number_format = text end

local globals = _G
for name in pairs(globals) do globals[name] = nil end

return run, compile, is_taken, show, declare, set_number_format
