-- POSTs the file that REVIEW names, again and again over connections that are kept; at the end prints
-- what wrk counted as one line of JSON (times in microseconds).
local function content(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("*a")
  file:close()
  return text
end

wrk.method = "POST"
wrk.path = "/validate"
wrk.headers["Content-Type"] = "application/json"
wrk.body = content(assert(os.getenv("REVIEW"), "REVIEW names no file"))

function done(summary, latency)
  local errors = summary.errors
  local fields = {
    requests = summary.requests,
    bytes = summary.bytes,
    us = summary.duration,
    p50 = latency:percentile(50),
    p99 = latency:percentile(99),
    p999 = latency:percentile(99.9),
    not_2xx = errors.status,
    socket = errors.connect + errors.read + errors.write + errors.timeout,
  }
  local parts = {}
  for name, value in pairs(fields) do
    parts[#parts + 1] = string.format('"%s":%.0f', name, value)
  end
  print("{" .. table.concat(parts, ",") .. "}")
end
