-- The same prepared requests from wrk: the second way to measure. Answers are checked for their status only.
--
-- wrk -s wrk.lua URL -- FILE CONNECTIONS PAUSE. With PAUSE above 0 each connection rests so many milliseconds between an
-- answer and its next request, and the connections begin one after the other, so that requests come evenly.
local requests, next_one = {}, 1

local function read(path)
   local file = assert(io.open(path, "rb"))
   for line in file:lines() do
      requests[#requests + 1] = file:read(tonumber(line:match("^%d+")))
   end
   file:close()
end

function init(arguments)
   read(arguments[1])
   local connections, pause, begun = tonumber(arguments[2]), tonumber(arguments[3]), 0
   if pause > 0 then
      function delay()
         begun = begun + 1
         return begun <= connections and math.floor(pause * begun / connections) or pause
      end
   end
end

function request()
   local text = requests[next_one]
   next_one = next_one < #requests and next_one + 1 or 1
   return text
end

function done(summary, latency)
   local errors = summary.errors
   io.write(string.format(
      'RESULT {"requests":%d,"microseconds":%d,"wrong":%d,"errors":%d,"p50":%d,"p99":%d}\n',
      summary.requests, summary.duration, errors.status,
      errors.connect + errors.read + errors.write + errors.timeout, latency:percentile(50), latency:percentile(99)))
end
