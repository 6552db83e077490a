-- The least that a session can be: a cookie's value names a key of Redis, and that holds the bearer.
local session = {}

local function command(...)
    local parts = { ... }
    local sent = { "*" .. #parts .. "\r\n" }
    for _, part in ipairs(parts) do
        sent[#sent + 1] = "$" .. #part .. "\r\n" .. part .. "\r\n"
    end
    return table.concat(sent)
end

-- One bulk string (RESP 2), or nothing.
local function bulk(socket)
    local line = assert(socket:receive())
    local size = tonumber(line:match("^%$(%d+)$"))
    if not size then return nil end
    local value = assert(socket:receive(size))
    assert(socket:receive(2))
    return value
end

function session.put_bearer(path, password)
    local name = ngx.var.cookie_bench
    if not name then return ngx.exit(401) end
    local socket = ngx.socket.tcp()
    assert(socket:connect("unix:" .. path))
    if socket:getreusedtimes() == 0 then
        assert(socket:send(command("AUTH", password)))
        assert(socket:receive() == "+OK")
    end
    assert(socket:send(command("GET", "bench-nginx:" .. name)))
    local token = bulk(socket)
    socket:setkeepalive(60000, 128)
    if not token then return ngx.exit(401) end
    ngx.req.set_header("Authorization", "Bearer " .. token)
end

return session
