-- What all workloads share: users with their tokens and tasks from a prepared file, one ready-made request
-- for each, a check of every answer on one connection (`check`, or
-- `check-shape` where the answers are constant), and one line of JSON at the end.
--
-- wrk -s list.lua URL -- USERS_FILE measure|check|check-shape
local common = {}

-- Ready-made requests are kept in memory; more of them would only fill the processor's cache. Of many users
-- each gets its share, one at least, taken from what it could ask by chance with a fixed seed.
local MOST_REQUESTS = 20000

local requests, next_one, last, shape_only = {}, 1, nil, false
-- Globals, because the end of a run is told by another Lua state, which reads them.
answers_checked, answers_wrong, first_wrong_answer = 0, 0, nil

local function read_users(path)
   local users = {}
   for line in io.lines(path) do
      local user, token, ids = line:match("^(%S+)\t(%S+)\t(%S+)$")
      local tasks = {}
      for id in ids:gmatch("%d+") do tasks[#tasks + 1] = id end
      users[#users + 1] = { id = user, token = token, tasks = tasks }
   end
   return users
end

local function shuffle(list)
   for i = #list, 2, -1 do
      local j = math.random(i)
      list[i], list[j] = list[j], list[i]
   end
end

-- One request. `expect` says what the answer must be: status, number of tasks, owner and, where known, id.
function common.request(method, path, user, body, expect)
   expect.method, expect.path, expect.body, expect.user = method, path, body, user.id
   expect.token = user.token
   return expect
end

local function format(expect)
   local headers = { ["Authorization"] = "Bearer " .. expect.token, ["Host"] = "127.0.0.1" }
   if expect.body then headers["Content-Type"] = "application/json" end
   expect.text = wrk.format(expect.method, expect.path, headers, expect.body)
end

local function complaint(status, body)
   if status ~= last.status then return "status " .. status .. " instead of " .. last.status end
   local _, tasks = body:gsub('"created_at":', "")
   if tasks ~= last.count then return tasks .. " tasks instead of " .. last.count end
   if shape_only then return end
   local _, owned = body:gsub('"user_id":"' .. last.user .. '"', "")
   if owned ~= (last.mentions or last.count) then return "somebody else's answer" end
   if last.id and not body:find('"id":' .. last.id .. ",", 1, true) then return "another task" end
   if last.contains and not body:find(last.contains, 1, true) then return "without " .. last.contains end
end

local function check(status, _, body)
   answers_checked = answers_checked + 1
   local what = complaint(status, body)
   if what then
      answers_wrong = answers_wrong + 1
      first_wrong_answer = first_wrong_answer or (what .. ": " .. body:sub(1, 200))
   end
end

-- `make(user)` returns the requests of one user as a list.
function common.run(make)
   function init(arguments)
      math.randomseed(7)
      local users = read_users(arguments[1])
      local share = math.max(1, math.floor(MOST_REQUESTS / #users))
      for _, user in ipairs(users) do
         local possible = make(user)
         if #possible > share then shuffle(possible) end
         for i = 1, math.min(share, #possible) do
            format(possible[i])
            requests[#requests + 1] = possible[i]
         end
      end
      shuffle(requests)
      shape_only = arguments[2] == "check-shape"
      if arguments[2] ~= "measure" then response = check end
   end

   function request()
      last = requests[next_one]
      next_one = next_one < #requests and next_one + 1 or 1
      return last.text
   end

   function setup(thread) common.thread = thread end

   function done(summary, latency)
      local errors = summary.errors
      local thread = common.thread
      local plain = (thread:get("first_wrong_answer") or ""):gsub("[%c\\\"]", " ")
      io.write(string.format(
         'RESULT {"requests":%d,"microseconds":%d,"bytes":%d,"bad_status":%d,"socket_errors":%d,"timeouts":%d,'
         .. '"checked":%d,"wrong":%d,"first_wrong":%q,"p50":%d,"p90":%d,"p99":%d,"max":%d}\n',
         summary.requests, summary.duration, summary.bytes, errors.status,
         errors.connect + errors.read + errors.write, errors.timeout,
         thread:get("answers_checked") or 0, thread:get("answers_wrong") or 0, plain,
         latency:percentile(50), latency:percentile(90), latency:percentile(99), latency.max))
   end
end

return common
