-- Asks for the paths on the command line, one after another.
dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "report.lua")

local prepared, turn = {}, 0

function init(paths)
    for at, path in ipairs(paths) do
        prepared[at] = wrk.format("GET", path)
    end
end

function request()
    turn = turn % #prepared + 1
    return prepared[turn]
end
