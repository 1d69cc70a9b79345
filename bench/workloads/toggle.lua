-- Flips whether a task is done, answered when it is durable.
local common = require("common")

common.run(function(user)
   local requests = {}
   for _, id in ipairs(user.tasks) do
      local path = "/api/" .. user.id .. "/tasks/" .. id .. "/complete"
      requests[#requests + 1] = common.request("PATCH", path, user, nil, { status = 200, count = 1, id = id })
   end
   return requests
end)
