-- Signs in by JSON as one customer after another. The headers come from the command line of wrk.
dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "report.lua")

local customers, prepared, turn = 1000, {}, 0

function init(arguments)
    for number = 1, customers do
        local body = ('{"email":"customer%08d@example.com","password":"Violet-Harbour-38"}'):format(number)
        prepared[number] = wrk.format("POST", arguments[1], nil, body)
    end
end

function request()
    turn = turn % customers + 1
    return prepared[turn]
end
