-- The cheapest request behind authentication: one constant task. Only `bare` and `verify` are asked.
local common = require("common")

common.run(function(user)
   local path = "/api/" .. user.id .. "/tasks/" .. user.tasks[1]
   return { common.request("GET", path, user, nil, { status = 200, count = 1 }) }
end)
