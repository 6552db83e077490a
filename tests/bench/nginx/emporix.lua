-- Answers as the Customer Service does, from memory: what the program asks for when somebody signs in and looks around.
-- A token names its customer, so nothing is kept. The tenant `benchlarge` has tokens of a kilobyte.
local emporix = {}

local me = [[{"id":"%s","customerNumber":"%s","title":"MRS","firstName":"Jane","lastName":"Doe",]]
    .. [["contactEmail":"customer%s@example.com","contactPhone":"+49301234567","company":"Example Trading Ltd",]]
    .. [["preferredLanguage":"en","preferredCurrency":"EUR","preferredSite":"main","active":true,"onHold":false,]]
    .. [["accounts":[{"id":"customer%s@example.com"}],]]
    .. [["b2b":{"companyRegistrationId":"DE-4711-0815","legalEntities":[]},]]
    .. [["businessModel":"B2C","metadataCreatedAt":"2026-01-15T09:30:12.345Z",]]
    .. [["metadataModifiedAt":"2026-08-02T17:05:44.120Z","lastLogin":"2026-08-20T08:12:31.004Z",]]
    .. [["mixins":{"loyalty":{"tier":"gold","points":1240,"memberSince":"2024-03-01"},]]
    .. [["newsletter":{"subscribed":true,"topics":["offers","news","events"],"frequency":"weekly","confirmedAt":"2025-11-20"}},]]
    .. [["metadata":{"version":7,"mixins":{"loyalty":"https://res.example.com/schemata/loyalty.v2.json",]]
    .. [["newsletter":"https://res.example.com/schemata/newsletter.v1.json"}}}]]

local address = [[{"id":"%s","contactName":"Jane Doe","companyName":"Example Trading Ltd","street":"Rynek",]]
    .. [["streetNumber":"%d","streetAppendix":"b","zipCode":"31-042","city":"Krakow","country":"PL","state":"",]]
    .. [["contactPhone":"+48123456789","tags":["SHIPPING"],"isDefault":%s,"metadata":{"version":1}}]]

local addresses = "["
    .. table.concat({
        address:format("65f0c0ffee01", 7, "true"),
        address:format("65f0c0ffee02", 21, "false"),
        address:format("65f0c0ffee03", 104, "false"),
    }, ",")
    .. "]"

local function padded(text, size)
    return text .. ("x"):rep(size - #text)
end

local function token(kind, number, tenant)
    return padded(kind .. "-" .. number .. "-", tenant == "benchlarge" and 1024 or 28)
end

-- The number of the customer whose bearer came; nothing for a guest's.
local function customer()
    return (ngx.var.http_authorization or ""):match("^Bearer customer%-(%d+)%-x*$")
end

local function customer_tokens(number, tenant)
    local saas = padded("saas-" .. number .. "-", tenant == "benchlarge" and 1024 or 150)
    return ('{"access_token":"%s","accessToken":"%s","saas_token":"%s","refresh_token":"%s","token_type":"Bearer",')
        :format(token("customer", number, tenant), token("customer", number, tenant), saas, token("renewal", number, tenant))
        .. '"expires_in":2591999,"refresh_token_expires_in":86399,"session_id":"'
        .. padded("session-" .. number .. "-", 36)
        .. '","initialPassword":false}'
end

local function guest_tokens(tenant)
    local number = ("%08d"):format(math.random(99999999))
    return ('{"access_token":"%s","refresh_token":"%s","token_type":"Bearer","expires_in":3599,')
        :format(token("guest", number, tenant), token("guestagain", number, tenant))
        .. '"refresh_token_expires_in":86399,"sessionId":"'
        .. padded("session-" .. number .. "-", 36)
        .. '"}'
end

local function refused()
    return 401, '{"fault":{"faultstring":"Invalid Access Token","detail":{"errorcode":"oauth.v2.InvalidAccessToken"}}}'
end

local function for_customer(body)
    return function(tenant)
        local number = customer()
        if not number then return refused() end
        return 200, body(number, tenant)
    end
end

local routes = {
    ["GET me"] = for_customer(function(number) return me:format(number, number, number, number) end),
    ["GET me/addresses"] = for_customer(function() return addresses end),
    ["GET refreshauthtoken"] = function(tenant)
        local number = (ngx.var.arg_refreshToken or ""):match("^renewal%-(%d+)%-")
        if not number then return refused() end
        return 200, customer_tokens(number, tenant)
    end,
    ["GET logout"] = function() return 204, "" end,
    ["POST login"] = function(tenant)
        ngx.req.read_body()
        local number = (ngx.req.get_body_data() or ""):match('"customer(%d+)@example%.com"')
        if not number then return refused() end
        return 200, customer_tokens(number, tenant)
    end,
}

local function answered()
    local path, method = ngx.var.uri, ngx.var.request_method
    if path == "/customerlogin/auth/anonymous/login" or path == "/customerlogin/auth/anonymous/refresh" then
        return 200, guest_tokens(ngx.var.arg_tenant)
    end
    local tenant, rest = path:match("^/customer/(%w+)/(.+)$")
    local route = tenant and routes[method .. " " .. rest]
    if not route then return 404, '{"status":404,"type":"not_found","message":"The bench has no such path."}' end
    return route(tenant)
end

function emporix.answer()
    local delay = tonumber(ngx.var.delay_ms)
    if delay > 0 then ngx.sleep(delay / 1000) end
    local status, body = answered()
    ngx.status = status
    if status ~= 204 then
        ngx.header["Content-Type"] = "application/json"
        ngx.header["Content-Length"] = #body
        ngx.print(body)
    end
    return ngx.exit(ngx.OK)
end

return emporix
