-- What an app does: 80 % reads (five lists to three single tasks), 10 % new tasks, 10 % toggles.
local common = require("common")
local body = '{"title":"A task made by the benchmark","description":"What it is about"}'

common.run(function(user)
   local tasks = "/api/" .. user.id .. "/tasks"
   local requests = {}
   local function add(method, path, content, expect)
      requests[#requests + 1] = common.request(method, path, user, content, expect)
   end
   for turn = 1, 10 do
      local id = user.tasks[turn]
      if turn <= 5 then
         add("GET", tasks .. "?limit=10", nil, { status = 200, count = 10 })
      elseif turn <= 8 then
         add("GET", tasks .. "/" .. id, nil, { status = 200, count = 1, id = id })
      elseif turn == 9 then
         add("POST", tasks, body, { status = 201, count = 1 })
      else
         add("PATCH", tasks .. "/" .. id .. "/complete", nil, { status = 200, count = 1, id = id })
      end
   end
   return requests
end)
