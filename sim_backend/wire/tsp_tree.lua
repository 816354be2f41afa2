-- The instrument's tree as scripts see it.
--
-- A place of the tree is a proxy ("face"): an empty table whose metatable asks the host for
-- attributes and calls, so that no script can change it. `getmetatable` of a face answers as a
-- 2600-series instrument does: with fresh tables Getters, Setters, Objects and the luatype. Objects
-- of a class (reading buffers, scripts) are faces as well; the host's object goes along with each call.

local env, ask, spend, emit = ...
local type, error, pairs, rawget, setmetatable = type, error, pairs, rawget, setmetatable
local tonumber, tostring, select, gmatch, match = tonumber, tostring, select, string.gmatch, string.match
local LONGEST_LIST = 100000

local node_of = setmetatable({}, { __mode = "k" }) -- face -> its node
local classes, instantiate = {}, nil

-- What goes to the host: faces as the object they stand for, lists as fresh lists of plain values.

local function plain(value)
  if type(value) ~= "table" then return value end
  local node = node_of[value]
  if node then return node.object end
  local count = #value
  if count > LONGEST_LIST then error("list is too long", 0) end
  spend(count)
  local list = {}
  for i = 1, count do
    local item = rawget(value, i)
    local kind = type(item)
    list[i] = (kind == "number" or kind == "string") and item or false
  end
  return list
end

local function plain_all(first, ...)
  if select("#", ...) == 0 then return plain(first) end
  return plain(first), plain_all(...)
end

local function converted(...)
  if select("#", ...) == 0 then return end
  return plain_all(...)
end

-- Nodes

local function new_members()
  return { getters = {}, setters = {}, calls = {}, fields = {}, parts = {}, nodes = {} }
end

local function caller(node, call)
  local number, kind, class = call.number, call.kind, call.class
  local own = node.own
  local function reach(...)
    if own ~= nil then return ask(number, own, converted(...)) end
    return ask(number, converted(...))
  end
  if kind == "print" then
    return function(...)
      local text = reach(...)
      if text ~= nil then emit(text) end
    end
  elseif kind == "make" then
    return function(...)
      local object = reach(...)
      if object ~= nil then return instantiate(class, object) end
    end
  elseif kind == "names" then
    return function(...)
      local names, at = { reach(...) }, 0
      return function()
        at = at + 1
        return names[at]
      end
    end
  elseif kind == "invoke" then
    return function(...) return node.members.invoke(node, ...) end
  end
  return reach
end

local function read(node, getter)
  if node.own ~= nil then return ask(getter, node.own) end
  return ask(getter)
end

local function part(node, item)
  local object = read(node, item.number)
  if object == nil then return nil end
  return instantiate(item.class, object)
end

local function member(node, name)
  local known = rawget(node.made, name)
  if known ~= nil then return known end
  local members = node.members
  local getter = members.getters[name]
  if getter then return read(node, getter) end
  if members.fields[name] ~= nil then return members.fields[name] end
  if members.calls[name] then
    node.made[name] = caller(node, members.calls[name])
    return node.made[name]
  end
  if members.parts[name] then return part(node, members.parts[name]) end
  if members.index and type(name) == "number" then return ask(members.index, node.own, name) end
end

local function assign(node, name, value)
  local setter = node.members.setters[name]
  if not setter then error("cannot set " .. tostring(name), 3) end
  if node.own ~= nil then ask(setter, node.own, converted(value)) else ask(setter, plain(value)) end
end

local function new_node(members, own, luatype)
  local node = { members = members, own = own, object = own, luatype = luatype, made = {} }
  local meta = {
    __index = function(_, name) return member(node, name) end,
    __newindex = function(_, name, value) assign(node, name, value) end,
    __metatable = false,
  }
  if members.invoke then
    meta.__call = function(_, ...) return members.invoke(node, ...) end
  end
  node.face = setmetatable({}, meta)
  node_of[node.face] = node
  return node
end

local function class_of(name)
  if not classes[name] then classes[name] = new_members() end
  return classes[name]
end

function instantiate(class, object)
  return new_node(class_of(class), object, class).face
end

-- Declaring

local root = { fields = env, nodes = {} }

local function find_place(path)
  local class, rest = match(path, "^([%w_]+):(.+)$")
  local place, name = class and class_of(class) or root, nil
  for word in gmatch(rest or path, "[^.]+") do
    if name then
      if not place.nodes[name] then
        place.nodes[name] = new_node(new_members())
        place.fields[name] = place.nodes[name].face
      end
      place = place.nodes[name].members
    end
    name = tonumber(word) or word
  end
  return place, name
end

local function declare_call(place, name, call)
  if place == root then
    env[name] = caller({}, call)
  else
    place.calls[name] = call
  end
end

local function declare(kind, path, what, class)
  local place, name = find_place(path)
  if kind == "get" then place.getters[name] = what
  elseif kind == "set" then place.setters[name] = what
  elseif kind == "part" then place.parts[name] = { number = what, class = class }
  elseif kind == "index" then place.index = what
  elseif kind == "object" then place.fields[name] = instantiate(class, what)
  elseif kind == "identity" then place.nodes[name].object = what
  elseif kind == "constant" then place.fields[name] = what
  else declare_call(place, name, { number = what, kind = kind, class = class }) end
end

-- What getmetatable tells

local function describe(face)
  local node = node_of[face]
  local members, told = node.members, { luatype = node.luatype, Getters = {}, Setters = {}, Objects = {} }
  for name, getter in pairs(members.getters) do
    told.Getters[name] = function() return read(node, getter) end
  end
  for name in pairs(members.setters) do
    told.Setters[name] = function(value) assign(node, name, value) end
  end
  for _, kind in pairs({ members.fields, members.calls, members.parts }) do
    for name in pairs(kind) do
      spend(1)
      told.Objects[name] = member(node, name)
    end
  end
  return told
end

local tree = { declare = declare, describe = describe, instantiate = instantiate }
function tree.is_face(value) return node_of[value] ~= nil end

class_of("script").invoke = function(node, ...)
  local name = ask(class_of("script").getters.name, node.own)
  local chunk = tree.chunk(name)
  if not chunk then error("script is no longer there", 0) end
  return chunk(...)
end

return tree
