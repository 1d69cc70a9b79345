-- One task by its id.
local common = require("common")

common.run(function(user)
   local requests = {}
   for _, id in ipairs(user.tasks) do
      local path = "/api/" .. user.id .. "/tasks/" .. id
      requests[#requests + 1] = common.request("GET", path, user, nil, { status = 200, count = 1, id = id })
   end
   return requests
end)
