-- A user's ten newest tasks.
local common = require("common")

common.run(function(user)
   return { common.request("GET", "/api/" .. user.id .. "/tasks?limit=10", user, nil, { status = 200, count = 10 }) }
end)
