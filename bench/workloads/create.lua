-- A new task, answered when it is durable.
local common = require("common")
local body = '{"title":"A task made by the benchmark","description":"What it is about"}'

common.run(function(user)
   local expect = { status = 201, count = 1, contains = '"title":"A task made by the benchmark"' }
   return { common.request("POST", "/api/" .. user.id .. "/tasks", user, body, expect) }
end)
